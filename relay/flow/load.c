#include "relay/flow/load.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "relay/base/mem.h"
#include "relay/config/faults.h"
#include "relay/config/lookup.h"
#include "relay/config/value.h"
#include "relay/config/yaml.h"
#include "sinks/sink.h"

/* What is not there */

struct candidates {
	const char *names[256];
	size_t count;
};

static void
add_candidate(const char *file, const char *path, void *arg)
{
	struct candidates *c = arg;
	const char *slash = strrchr(file, '/');

	(void)path;
	if (c->count < COUNT(c->names))
		c->names[c->count++] = slash != NULL ? slash + 1 : file;
}

/* "; did you mean ...?", or "". */
static char *
suggestion(const struct templates *templates, const char *file)
{
	struct candidates c = {.count = 0};
	const char *nearest;
	char *word, *out;

	templates_list(templates, add_candidate, &c);
	nearest = lookup_nearest(file, c.names, c.count);
	if (nearest == NULL)
		return mem_str("");
	word = faults_quote(nearest);
	out = mem_fmt("; did you mean %s?", word);
	free(word);
	return out;
}

/* The config's tree is asked, for its places, and because it is there also where the config
 * has faults.  A kind's default is one of the templates that are always there. */
struct check {
	const struct templates *templates;
	struct faults faults;
};

static void
tell_missing(struct check *check, const struct node *sink, const struct node *named,
             const char *file)
{
	const struct node *name = yaml_get(sink, "name");
	char *quoted = faults_quote(name != NULL && name->text != NULL ? name->text : "");
	char *word = faults_quote(file), *near = suggestion(check->templates, file);

	faults_add(&check->faults, named->line, named->column, "sink %s: there is no template %s%s",
	           quoted, word, near);
	free(near);
	free(word);
	free(quoted);
}

static void
check_sink(struct check *check, const struct node *sink, const struct sink_kind *kind)
{
	const struct node *named = yaml_get(yaml_get(sink, kind->conf.name), "template");

	if (named == NULL || named->type != NODE_TEXT || kind->template_endings == NULL)
		return;
	for (const char *const *ending = kind->template_endings; *ending != NULL; ending++) {
		char *file = mem_fmt("%s%s", named->text, *ending);

		if (*named->text != '\0' && !templates_have(check->templates, file))
			tell_missing(check, sink, named, file);
		free(file);
	}
}

static int
check_sinks(const char *path, const struct node *root, const struct templates *templates,
            struct buf *report)
{
	const struct node *sinks = yaml_get(root, "sinks"), *sink;
	struct check check = {.templates = templates};
	int rc;

	for (size_t i = 0; (sink = yaml_item(sinks, i)) != NULL; i++)
		for (const struct sink_kind *const *kind = sink_kinds; *kind != NULL; kind++)
			check_sink(&check, sink, *kind);
	rc = check.faults.errors == 0 ? 0 : -1;
	faults_report(&check.faults, path, report);
	faults_fini(&check.faults);
	return rc;
}

/* The folder of templates */

static const struct node *
place_of_folder(const struct node *root)
{
	return yaml_get(yaml_get(root, "templates"), "folder");
}

/* It is told where it is named; what is wrong within it templates_load() tells. */
static int
check_folder(const char *path, const struct node *root, const char *folder, struct buf *report)
{
	DIR *dir = folder != NULL ? opendir(folder) : NULL;
	const struct node *place = place_of_folder(root);
	struct faults faults = {0};
	char *name;
	int why = errno;

	if (folder == NULL || dir != NULL)
		return dir != NULL ? closedir(dir) : 0;
	name = faults_quote(folder);
	faults_add(&faults, place->line, place->column,
	           "templates: the folder %s cannot be read: %s", name, strerror(why));
	faults_report(&faults, path, report);
	faults_fini(&faults);
	free(name);
	return -1;
}

/* As the config has it, which may have faults elsewhere; NULL: none is named. */
static char *
named_folder(const char *path, const struct node *root)
{
	const struct node *named = place_of_folder(root);
	char *base, *folder;

	if (named == NULL || named->type != NODE_TEXT || *named->text == '\0')
		return NULL;
	base = conf_folder(path);
	folder = value_path(base, named->text);
	free(base);
	return folder;
}

/* Also of a config with faults.  The sinks' are then only looked for where it is known
 * which there are. */
static int
load_templates(struct loaded *out, const char *path, const struct node *root, struct buf *report)
{
	char *folder = named_folder(path, root);
	bool known = out->conf != NULL || folder != NULL || yaml_get(root, "templates") == NULL;
	int rc = check_folder(path, root, folder, report);

	if (rc == 0)
		rc = templates_load(&out->templates, folder, report);
	if (rc == 0 && known)
		rc = check_sinks(path, root, out->templates, report);
	free(folder);
	return rc;
}

int
relay_load(struct loaded *out, const char *path, const struct conf_kinds *kinds, struct buf *report)
{
	struct buf text = {0};
	struct faults told = {0}; /* by conf_parse() */
	struct node *root = NULL;
	int rc;

	*out = (struct loaded){NULL, NULL};
	rc = conf_read(path, &text, report);
	if (rc == 0) {
		rc = conf_parse(&out->conf, path, buf_text(&text), text.len, kinds, report);
		root = yaml_read(buf_text(&text), text.len, &told);
	}
	if (root != NULL && load_templates(out, path, root, report) != 0)
		rc = -1;
	if (rc != 0)
		loaded_release(out);
	faults_fini(&told);
	yaml_free(root);
	conf_text_fini(&text);
	return rc;
}

void
loaded_release(struct loaded *loaded)
{
	templates_release(loaded->templates);
	conf_release(loaded->conf);
	*loaded = (struct loaded){NULL, NULL};
}

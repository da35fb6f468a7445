#include "relay/config/conf.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "relay/base/mem.h"
#include "relay/config/bytes.h"
#include "relay/config/cross.h"
#include "relay/config/faults.h"
#include "relay/config/keys.h"
#include "relay/config/rows.h"
#include "relay/config/value.h"
#include "relay/config/walk.h"
#include "relay/config/yaml.h"

char *
conf_folder(const char *path)
{
	const char *slash = strrchr(path, '/');
	char *given = slash == NULL ? mem_str(".")
	                            : mem_strn(path, slash == path ? 1 : (size_t)(slash - path));
	char *real = realpath(given, NULL);
	char *here = getcwd(NULL, 0);
	char *folder = real != NULL ? mem_str(real) : value_path(here != NULL ? here : "/", given);

	free(here);
	free(real);
	free(given);
	return folder;
}

static void
conf_free(struct conf *conf)
{
	rows_fini(conf_keys, conf);
	free(conf->path);
	free(conf);
}

static int
parse(struct conf **out, const char *path, const char *text, size_t len,
      const struct conf_kinds *kinds, bool beside, struct buf *report)
{
	struct faults faults = {0};
	struct conf *conf = mem_alloc(sizeof(*conf));
	char *folder = conf_folder(path);
	struct node *root = yaml_read(text, len, &faults);
	const struct walk walk = {
		.faults = &faults, .folder = folder, .kinds = kinds, .beside = beside};
	const struct cross cross = {.faults = &faults,
	                            .root = root,
	                            .folder = folder,
	                            .kinds = kinds,
	                            .beside = beside,
	                            .conf = conf};
	bool fine;

	*out = NULL;
	conf->references = 1;
	conf->path = mem_str(path);
	if (root != NULL && root->type == NODE_MAP) {
		walk_map(&walk, root, conf_keys, conf, "the config");
		cross_check(&cross);
	} else if (root != NULL && root->type == NODE_EMPTY) {
		faults_add(&faults, 1, 1, "the file is empty");
	} else if (root != NULL && root->type != NODE_BAD) {
		faults_add(&faults, root->line, root->column, "a config is a map of keys, not %s",
		           yaml_type_name(root));
	}
	fine = faults.errors == 0;
	faults_report(&faults, path, report);
	faults_fini(&faults);
	yaml_free(root);
	free(folder);
	if (fine)
		*out = conf;
	else
		conf_free(conf);
	return fine ? 0 : -1;
}

int
conf_parse(struct conf **out, const char *path, const char *text, size_t len,
           const struct conf_kinds *kinds, struct buf *report)
{
	return parse(out, path, text, len, kinds, false, report);
}

/* At most one byte more than a config may have, so that conf_parse() sees it is too large. */
static int
read_file(const char *path, struct buf *text)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	ssize_t n = 1;

	if (fd < 0)
		return -1;
	buf_reserve(text, CONFIG_SIZE_MAX + 1);
	while (n != 0 && text->len <= CONFIG_SIZE_MAX) {
		char chunk[16384];

		n = read(fd, chunk, sizeof(chunk));
		if (n < 0 && errno != EINTR)
			break;
		if (n > 0)
			buf_add(text, chunk, (size_t)n);
	}
	close(fd);
	return n < 0 ? -1 : 0;
}

int
conf_read(const char *path, struct buf *text, struct buf *report)
{
	struct faults faults = {0};

	if (read_file(path, text) == 0)
		return 0;
	faults_add(&faults, 1, 1, "the file cannot be read: %s", strerror(errno));
	faults_report(&faults, path, report);
	faults_fini(&faults);
	return -1;
}

void
conf_text_fini(struct buf *text)
{
	if (text->data != NULL)
		explicit_bzero(text->data, text->len);
	buf_fini(text);
}

int
conf_load_beside(struct conf **out, const char *path, const struct conf_kinds *kinds,
                 struct buf *report)
{
	struct buf text = {0};
	int rc = -1;

	*out = NULL;
	if (conf_read(path, &text, report) == 0)
		rc = parse(out, path, buf_text(&text), text.len, kinds, true, report);
	conf_text_fini(&text);
	return rc;
}

struct conf *
conf_hold(struct conf *conf)
{
	__atomic_add_fetch(&conf->references, 1, __ATOMIC_RELAXED);
	return conf;
}

void
conf_release(struct conf *conf)
{
	if (conf != NULL && __atomic_sub_fetch(&conf->references, 1, __ATOMIC_ACQ_REL) == 0)
		conf_free(conf);
}

const struct conf_source *
conf_source_named(const struct conf *conf, const char *name)
{
	for (size_t i = 0; i < conf->sources.count; i++) {
		const struct conf_source *source = conf_item(conf->sources, struct conf_source, i);

		if (strcmp(source->name, name) == 0)
			return source;
	}
	return NULL;
}

const struct conf_sink *
conf_sink_named(const struct conf *conf, const char *name)
{
	for (size_t i = 0; i < conf->sinks.count; i++) {
		const struct conf_sink *sink = conf_item(conf->sinks, struct conf_sink, i);

		if (sink->name != NULL && strcmp(sink->name, name) == 0)
			return sink;
	}
	return NULL;
}

char *
conf_restart_changes(const struct conf *started, const struct conf *loaded)
{
	struct buf names = {0};

	rows_restart_changes(conf_keys, started, loaded, "", &names);
	return names.data != NULL ? buf_take(&names) : mem_str("");
}

void
conf_describe(const struct conf_kinds *kinds, FILE *out)
{
	rows_describe(conf_keys, kinds, "", out);
}

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "relay/base/mem.h"
#include "relay/message/template_files.h"
#include "relay/message/templates_set.h"
#include "relay/model/kind.h"

#define PARTIAL_ENDING ".mustache"

/* The longer ending stands first. */
static const struct set_output outputs[] = {
	{.ending = ".slack.json", .escape = ESCAPE_SLACK, .json = true, .slack = true},
	{.ending = ".json", .escape = ESCAPE_TEXT, .json = true},
	{.ending = ".html", .escape = ESCAPE_HTML},
	{.ending = ".txt", .escape = ESCAPE_TEXT},
	{.ending = ".line", .escape = ESCAPE_HEADER, .line = true},
};

static bool
ends_with(const char *name, const char *ending)
{
	size_t len = strlen(name), end = strlen(ending);

	return len > end && strcmp(name + len - end, ending) == 0;
}

static const struct set_output *
output_of(const char *name)
{
	for (size_t i = 0; i < COUNT(outputs); i++)
		if (ends_with(name, outputs[i].ending))
			return &outputs[i];
	return NULL;
}

const char *
set_base(const struct set_file *file)
{
	const char *slash = strrchr(file->name, '/');

	return slash != NULL ? slash + 1 : file->name;
}

bool
set_is_for_digests(const struct set_file *file)
{
	const char *base = set_base(file);
	char *stem;
	bool is;

	if (file->output == NULL)
		return false;
	stem = mem_strn(base, strlen(base) - strlen(file->output->ending));
	is = strcmp(stem, SET_DIGEST) == 0 || ends_with(stem, "-" SET_DIGEST);
	free(stem);
	return is;
}

/* path is taken. */
static struct set_file *
add_file(struct templates *set, const char *name, char *path, enum set_origin origin)
{
	struct set_file *file;

	if (set->file_count == set->file_cap) {
		set->file_cap = set->file_cap > 0 ? 2 * set->file_cap : 64;
		set->files = mem_grow(set->files, set->file_cap, sizeof(*set->files));
	}
	file = &set->files[set->file_count++];
	*file = (struct set_file){
		.name = mem_str(name), .path = path, .origin = origin, .output = output_of(name)};
	return file;
}

/* The operator's folder */

struct gathering {
	struct templates *set;
	const char *folder;
	struct buf *report;
	const struct templates_draft *drafts;
	size_t draft_count;
	size_t entries;
	bool failed;
};

/* What is wrong with something that is not one of our files. */
static void
tell(struct gathering *g, const char *path, bool warning, const char *text)
{
	struct faults faults = {0};

	if (warning)
		faults_warn(&faults, 1, 1, "%s", text);
	else
		faults_add(&faults, 1, 1, "%s", text);
	g->failed |= !warning;
	faults_report(&faults, path, g->report);
	faults_fini(&faults);
}

static void
tell_errno(struct gathering *g, const char *path, const char *what)
{
	char *text = mem_fmt("%s: %s", what, strerror(errno));

	tell(g, path, false, text);
	free(text);
}

/* A byte order mark is no text. */
static void
pass_mark(struct set_file *file)
{
	static const char mark[] = "\xef\xbb\xbf";

	if (file->len >= strlen(mark) && memcmp(file->text, mark, strlen(mark)) == 0) {
		file->text += strlen(mark);
		file->len -= strlen(mark);
	}
}

static int
read_whole(int fd, struct set_file *file)
{
	char *memory = mem_alloc(TEMPLATE_SIZE_MAX + 2);
	ssize_t n = 1;

	file->text = file->memory = memory;
	while (n != 0 && file->len <= TEMPLATE_SIZE_MAX) {
		n = read(fd, memory + file->len, TEMPLATE_SIZE_MAX + 1 - file->len);
		if (n < 0 && errno != EINTR)
			return -1;
		file->len += n > 0 ? (size_t)n : 0;
	}
	file->text = file->memory = mem_grow(memory, file->len + 1, 1);
	return 0;
}

static void
read_file(struct set_file *file)
{
	int fd = open(file->path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

	if (fd < 0 || read_whole(fd, file) != 0)
		faults_add(&file->faults, 1, 1, "cannot be read: %s", strerror(errno));
	else if (file->len > TEMPLATE_SIZE_MAX)
		faults_add(&file->faults, 1, 1, "larger than %d KiB", TEMPLATE_SIZE_MAX / 1024);
	file->broken = file->faults.errors > 0;
	if (file->memory != NULL)
		pass_mark(file);
	if (fd >= 0)
		close(fd);
}

static bool
is_kind(const char *name)
{
	for (const char *const *kind = incident_kind_words; *kind != NULL; kind++)
		if (strcmp(name, *kind) == 0)
			return true;
	return false;
}

static void gather_folder(struct gathering *, const char *kind);

static bool
has_draft(const struct gathering *g, const char *name)
{
	for (size_t i = 0; i < g->draft_count; i++)
		if (strcmp(g->drafts[i].name, name) == 0)
			return true;
	return false;
}

/* `name` is relative to the operator's folder; path is taken. */
static void
gather_entry(struct gathering *g, const char *name, char *path)
{
	bool inside = strchr(name, '/') != NULL;
	struct stat st;

	if (stat(path, &st) != 0) {
		tell_errno(g, path, "cannot be read");
	} else if (S_ISDIR(st.st_mode)) {
		if (!inside && is_kind(name))
			gather_folder(g, name);
		else
			tell(g, path, true,
			     "not the name of an incident kind: nothing in it is used");
	} else if (!S_ISREG(st.st_mode)) {
		tell(g, path, true, "not a file: not used");
	} else if (output_of(name) == NULL && !ends_with(name, PARTIAL_ENDING)) {
		tell(g, path, true,
		     "not the ending of a template (.slack.json, .json, .html, .txt, .line, "
		     ".mustache): not used");
	} else if (!has_draft(g, name)) {
		read_file(add_file(g->set, name, path, SET_OWN));
		return;
	}
	free(path);
}

/* What begins with a dot is an editor's or a version control's. */
static void
gather_folder(struct gathering *g, const char *kind)
{
	char *path = kind != NULL ? mem_fmt("%s/%s", g->folder, kind) : mem_str(g->folder);
	struct dirent **entries;
	int count = scandir(path, &entries, NULL, alphasort);

	if (count < 0)
		tell_errno(g, path, "the folder cannot be read");
	for (int i = 0; i < count; i++) {
		const char *entry = entries[i]->d_name;

		if (entry[0] != '.' && g->entries++ < TEMPLATES_FILES_MAX) {
			char *name = kind != NULL ? mem_fmt("%s/%s", kind, entry) : mem_str(entry);

			gather_entry(g, name, mem_fmt("%s/%s", g->folder, name));
			free(name);
		}
		free(entries[i]);
	}
	if (count >= 0)
		free(entries);
	free(path);
}

static void
gather_drafts(struct gathering *g)
{
	for (size_t i = 0; i < g->draft_count; i++) {
		const struct templates_draft *draft = &g->drafts[i];
		struct set_file *file =
			add_file(g->set, draft->name,
		                 mem_str(draft->path != NULL ? draft->path : draft->name), SET_OWN);

		if (draft->path != NULL) {
			read_file(file);
			continue;
		}
		file->text = file->memory = mem_str(draft->text);
		file->len = strlen(draft->text);
	}
}

/* All together */

static int
by_name(const void *left, const void *right)
{
	const struct set_file *a = left, *b = right;
	int order = strcmp(a->name, b->name);

	return order != 0 ? order : (int)a->origin - (int)b->origin;
}

static void
gather_shipped(struct templates *set)
{
	for (const struct template_file *shipped = template_files; shipped->name != NULL;
	     shipped++) {
		struct set_file *file = add_file(
			set, shipped->name, mem_fmt("templates/%s", shipped->name), SET_SHIPPED);

		file->text = shipped->text;
		file->len = shipped->len;
	}
}

int
set_gather(struct templates *set, const char *folder, const struct templates_draft *drafts,
           size_t draft_count, struct buf *report)
{
	struct gathering g = {.set = set,
	                      .folder = folder,
	                      .report = report,
	                      .drafts = drafts,
	                      .draft_count = draft_count};

	gather_shipped(set);
	gather_drafts(&g);
	if (folder != NULL)
		gather_folder(&g, NULL);
	if (g.entries > TEMPLATES_FILES_MAX) {
		char *text = mem_fmt("more than %d files", TEMPLATES_FILES_MAX);

		tell(&g, folder, false, text);
		free(text);
	}
	qsort(set->files, set->file_count, sizeof(*set->files), by_name);
	return g.failed ? -1 : 0;
}

static struct set_file *
find_named(const struct templates *set, const char *kind, const char *name, enum set_origin origin)
{
	char *whole = kind != NULL ? mem_fmt("%s/%s", kind, name) : mem_str(name);
	const struct set_file wanted = {.name = whole, .origin = origin};
	struct set_file *found =
		bsearch(&wanted, set->files, set->file_count, sizeof(*set->files), by_name);

	free(whole);
	return found;
}

struct set_file *
set_find(const struct templates *set, const char *kind, const char *name)
{
	const char *const folders[] = {kind, NULL};

	for (size_t i = 0; i < COUNT(folders); i++)
		for (int origin = SET_OWN; origin <= SET_SHIPPED; origin++) {
			struct set_file *found =
				find_named(set, folders[i], name, (enum set_origin)origin);

			if (found != NULL)
				return found;
		}
	return NULL;
}

#include "relay/message/templates.h"

#include <stdlib.h>
#include <string.h>

#include "relay/base/json.h"
#include "relay/base/mem.h"
#include "relay/message/digest.h"
#include "relay/message/templates_set.h"

/* Life */

static void
file_fini(struct set_file *file)
{
	for (size_t i = 0; i < file->partial_count; i++)
		free(file->partials[i]);
	free(file->partials);
	faults_fini(&file->faults);
	free(file->memory);
	free(file->path);
	free(file->name);
}

static void
set_free(struct templates *set)
{
	for (size_t i = 0; i < set->kind_count; i++)
		free(set->kinds[i].slots);
	free(set->kinds);
	for (size_t i = 0; i < set->unit_count; i++)
		set_unit_free(set->units[i]);
	free(set->units);
	for (size_t i = 0; i < set->file_count; i++)
		file_fini(&set->files[i]);
	free(set->files);
	free(set);
}

/* True when no file has a fault; warnings are none. */
static bool
report_files(struct templates *set, struct buf *report)
{
	bool fine = true;

	for (size_t i = 0; i < set->file_count; i++) {
		struct set_file *file = &set->files[i];

		fine &= file->faults.errors == 0;
		faults_report(&file->faults, file->path, report);
		faults_fini(&file->faults);
	}
	return fine;
}

int
templates_load(struct templates **out, const char *folder, struct buf *report)
{
	return templates_load_drafts(out, folder, NULL, 0, report);
}

int
templates_load_drafts(struct templates **out, const char *folder,
                      const struct templates_draft *drafts, size_t count, struct buf *report)
{
	struct templates *set = mem_alloc(sizeof(*set));
	bool fine;

	set->references = 1;
	fine = set_gather(set, folder, drafts, count, report) == 0;
	set_compile(set);
	set_try(set);
	set_check_names(set);
	fine &= report_files(set, report);
	if (!fine) {
		set_free(set);
		set = NULL;
	}
	*out = set;
	return fine ? 0 : -1;
}

struct templates *
templates_hold(struct templates *set)
{
	__atomic_add_fetch(&set->references, 1, __ATOMIC_RELAXED);
	return set;
}

void
templates_release(struct templates *set)
{
	if (set != NULL && __atomic_sub_fetch(&set->references, 1, __ATOMIC_ACQ_REL) == 0)
		set_free(set);
}

/* Looking up */

static int
by_file(const void *name, const void *slot)
{
	return strcmp(name, ((const struct set_slot *)slot)->file);
}

static const struct set_unit *
unit_of_kind(const struct set_kind *kind, const char *file)
{
	const struct set_slot *slot =
		bsearch(file, kind->slots, kind->count, sizeof(*kind->slots), by_file);

	return slot != NULL ? slot->unit : NULL;
}

static const struct set_unit *
unit_for_view(const struct templates *set, const char *file, const json_t *view, struct err *err)
{
	const char *kind = is_digest(view) ? SET_DIGEST : json_text_at(view, "incident.kind");
	const struct set_unit *unit;

	for (size_t i = 0; kind != NULL && i < set->kind_count; i++) {
		if (strcmp(set->kinds[i].kind, kind) != 0)
			continue;
		unit = unit_of_kind(&set->kinds[i], file);
		if (unit == NULL)
			err_set(err, "%s: there is no such template for %s", file, kind);
		return unit;
	}
	err_set(err, "%s: the incident is of no kind that has templates", file);
	return NULL;
}

bool
templates_have(const struct templates *set, const char *file)
{
	for (size_t i = 0; i < set->kind_count; i++)
		if (unit_of_kind(&set->kinds[i], file) != NULL)
			return true;
	return false;
}

char *
templates_file_for(const struct templates *set, const json_t *document, const char *name,
                   const char *ending)
{
	char *file;

	if (!is_digest(document))
		return mem_fmt("%s%s", name, ending);
	file = mem_fmt("%s-" SET_DIGEST "%s", name, ending);
	if (!templates_have(set, file)) {
		free(file);
		file = mem_fmt(SET_DIGEST "%s", ending);
	}
	if (!templates_have(set, file)) {
		free(file);
		file = NULL;
	}
	return file;
}

void
templates_list(const struct templates *set, void (*fn)(const char *file, const char *path, void *),
               void *arg)
{
	for (size_t i = 0; i < set->file_count; i++) {
		const struct set_file *file = &set->files[i];

		/* An own one stands before the shipped one it replaces. */
		if (i == 0 || strcmp(file->name, set->files[i - 1].name) != 0)
			fn(file->name, file->path, arg);
	}
}

/* Rendering */

/* Blanks and line ends between two words become one blank; there is none at
 * the begin or the end. */
static void
make_one_line(struct buf *text, size_t begin)
{
	char *to;
	const char *from, *first;

	if (text->data == NULL)
		return;
	from = first = to = text->data + begin;
	for (;;) {
		size_t blanks = strspn(from, " \t\r\n");

		from += blanks;
		if (*from == '\0')
			break;
		if (blanks > 0 && to != first)
			*to++ = ' ';
		*to++ = *from++;
	}
	text->len = (size_t)(to - text->data);
	*to = '\0';
}

int
set_render_text(const struct set_unit *unit, const json_t *view, int64_t now_ms, struct buf *out,
                struct err *err)
{
	const struct template_env env = {.now_ms = now_ms};
	size_t begin = out->len;

	if (unit->text == NULL)
		return err_set(err, "it makes JSON, not text");
	if (template_render(unit->text, view, &env, out, err) != 0)
		return -1;
	if (unit->file->output->line)
		make_one_line(out, begin);
	return 0;
}

int
set_render_json(const struct set_unit *unit, const json_t *view, int64_t now_ms, json_t **out,
                struct err *err)
{
	const struct template_env env = {.now_ms = now_ms};

	*out = NULL;
	if (unit->json == NULL)
		return err_set(err, "it makes text, not JSON");
	return json_template_render(unit->json, view, &env, out, err);
}

int
templates_text(const struct templates *set, const char *file, const json_t *view, int64_t now_ms,
               struct buf *out, struct err *err)
{
	const struct set_unit *unit = unit_for_view(set, file, view, err);

	if (unit == NULL)
		return -1;
	if (set_render_text(unit, view, now_ms, out, err) != 0)
		return err_prefix(err, "%s", unit->file->path);
	return 0;
}

int
templates_json(const struct templates *set, const char *file, const json_t *view, int64_t now_ms,
               json_t **out, struct err *err)
{
	const struct set_unit *unit = unit_for_view(set, file, view, err);

	*out = NULL;
	if (unit == NULL)
		return -1;
	if (set_render_json(unit, view, now_ms, out, err) != 0)
		return err_prefix(err, "%s", unit->file->path);
	return 0;
}

#include <stdlib.h>
#include <string.h>

#include "relay/base/mem.h"
#include "relay/config/lookup.h"
#include "relay/message/templates_set.h"
#include "relay/model/kind.h"

/*
 * A template is linked to its partials, and which files these are differs
 * between kinds.  So a file is compiled once for each way its partials, and
 * theirs, come out: its closure.  Kinds for which it comes out the same share
 * the unit.
 */

/* Compiling */

static struct set_unit *
add_unit(struct templates *set, const struct set_file *file, enum escape escape)
{
	struct set_unit *unit = mem_alloc(sizeof(*unit));

	if (set->unit_count == set->unit_cap) {
		set->unit_cap = set->unit_cap > 0 ? 2 * set->unit_cap : 256;
		set->units = mem_grow(set->units, set->unit_cap, sizeof(*set->units));
	}
	set->units[set->unit_count++] = unit;
	unit->file = file;
	unit->escape = escape;
	return unit;
}

void
set_unit_free(struct set_unit *unit)
{
	if (unit == NULL)
		return;
	template_free(unit->text);
	json_template_free(unit->json);
	buf_fini(&unit->closure);
	free(unit);
}

/* The templates of a unit: one, or the strings of a structural one. */
static size_t
part_count(const struct set_unit *unit)
{
	return unit->json != NULL ? json_template_count(unit->json) : unit->text != NULL ? 1 : 0;
}

static struct template *
part_at(const struct set_unit *unit, size_t i)
{
	return unit->json != NULL ? json_template_at(unit->json, i) : unit->text;
}

static struct template_place
partial_place(const struct set_unit *unit, size_t part, size_t n)
{
	return unit->json != NULL ? json_template_partial_place(unit->json, part, n)
	                          : template_partial_at(unit->text, n)->place;
}

static bool
names_partial(const struct set_file *file, const char *name)
{
	for (size_t i = 0; i < file->partial_count; i++)
		if (strcmp(file->partials[i], name) == 0)
			return true;
	return false;
}

static void
note_partials(struct set_file *file, const struct set_unit *unit)
{
	for (size_t i = 0; i < part_count(unit); i++)
		for (size_t n = 0; n < template_partial_count(part_at(unit, i)); n++) {
			const char *name = template_partial_at(part_at(unit, i), n)->name;

			if (names_partial(file, name))
				continue;
			file->partials = mem_grow(file->partials, file->partial_count + 1,
			                          sizeof(*file->partials));
			file->partials[file->partial_count++] = mem_str(name);
		}
}

static void
compile_unit(struct set_file *file, struct set_unit *unit)
{
	const struct template_options options = {.escape = unit->escape, .strict = true};
	const struct template_place begin = {1, 1};
	struct faults faults = {0};
	int rc = file->output != NULL && file->output->json
	                 ? json_template_compile(&unit->json, file->text, file->len, &options,
	                                         &faults)
	                 : template_compile(&unit->text, file->text, file->len, &options, begin,
	                                    &faults);

	if (rc != 0)
		file->broken = true;
	else if (!file->compiled)
		note_partials(file, unit);
	file->compiled |= rc == 0;
	faults_move(&file->faults, &faults, NULL, NULL);
}

/* A unit of the file that is not linked yet, compiled; NULL when the file is broken. */
static struct set_unit *
unlinked(struct templates *set, struct set_file *file, enum escape escape)
{
	struct set_unit *unit;

	if (file->broken)
		return NULL;
	for (size_t i = set->unit_count; i > 0; i--) {
		unit = set->units[i - 1];
		if (unit->file == file && unit->escape == escape && !unit->linked)
			return unit;
	}
	unit = add_unit(set, file, escape);
	compile_unit(file, unit);
	return file->broken ? NULL : unit;
}

static bool
has_unit(const struct templates *set, const struct set_file *file, enum escape escape)
{
	for (size_t i = 0; i < set->unit_count; i++)
		if (set->units[i]->file == file && set->units[i]->escape == escape)
			return true;
	return false;
}

/* Closures */

static struct set_file *
find_partial(const struct templates *set, const char *kind, const char *name)
{
	char *file = mem_fmt("%s.mustache", name);
	struct set_file *found = set_find(set, kind, file);

	free(file);
	return found;
}

struct closure {
	struct templates *set;
	const char *kind;
	enum escape escape;
	bool *seen; /* by the file's index */
	bool whole;
	struct buf files; /* indices, in the order they are met */
};

static void
add_to_closure(struct closure *c, struct set_file *file)
{
	size_t index = file != NULL ? (size_t)(file - c->set->files) : SIZE_MAX;

	buf_add(&c->files, &index, sizeof(index));
	if (file == NULL)
		c->whole = false;
	if (file == NULL || c->seen[index])
		return;
	c->seen[index] = true;
	if (!has_unit(c->set, file, c->escape))
		(void)unlinked(c->set, file, c->escape);
	c->whole &= !file->broken;
	for (size_t i = 0; i < file->partial_count; i++)
		add_to_closure(c, find_partial(c->set, c->kind, file->partials[i]));
}

static struct closure
closure_of(struct templates *set, const char *kind, struct set_file *file, enum escape escape)
{
	struct closure c = {.set = set, .kind = kind, .escape = escape, .whole = true};

	c.seen = mem_array(set->file_count, sizeof(*c.seen));
	add_to_closure(&c, file);
	free(c.seen);
	return c;
}

/* Partials that are not there */

static char *
nearest_partial(const struct templates *set, const char *kind, const char *name)
{
	const char **names = mem_array(set->file_count, sizeof(*names));
	char **memory = mem_array(set->file_count, sizeof(*memory));
	const char *nearest;
	char *out;

	for (size_t i = 0; i < set->file_count; i++) {
		const struct set_file *file = &set->files[i];
		const char *base = set_base(file);

		if (file->output != NULL || set_find(set, kind, base) == NULL)
			continue;
		names[i] = memory[i] = mem_strn(base, strlen(base) - strlen(".mustache"));
	}
	nearest = lookup_nearest(name, names, set->file_count);
	out = nearest != NULL ? mem_fmt("; did you mean \"%s\"?", nearest) : mem_str("");
	for (size_t i = 0; i < set->file_count; i++)
		free(memory[i]);
	free(memory);
	free(names);
	return out;
}

static bool
is_of_kind(const struct set_file *file, const char *kind)
{
	size_t len = strlen(kind);

	return strchr(file->name, '/') == NULL ||
	       (strncmp(file->name, kind, len) == 0 && file->name[len] == '/');
}

/* "", " for incidents of kind K", " for incidents of kind K and 12 more kinds". */
static char *
kinds_without(const struct templates *set, const struct set_file *file, const char *name)
{
	const char *first = NULL;
	size_t with = 0, without = 0;

	for (const char *const *kind = incident_kind_words; *kind != NULL; kind++) {
		if (!is_of_kind(file, *kind) || set_find(set, *kind, set_base(file)) != file)
			continue;
		if (find_partial(set, *kind, name) != NULL) {
			with++;
		} else {
			without++;
			first = first != NULL ? first : *kind;
		}
	}
	if (with == 0 || without == 0)
		return mem_str("");
	return without == 1 ? mem_fmt(" for incidents of kind %s", first)
	                    : mem_fmt(" for incidents of kind %s and %zu more kinds", first,
	                              without - 1);
}

/* The words do not depend on the kind it is linked for, so that it is told once. */
static void
tell_missing(const struct templates *set, const char *kind, struct set_file *file,
             struct template_place place, const char *name)
{
	char *word = faults_quote(name), *kinds = kinds_without(set, file, name);
	char *near = kinds[0] == '\0' ? nearest_partial(set, kind, name) : mem_str("");
	struct faults faults = {0};

	faults_add(&faults, place.line, place.column, "there is no partial %s%s%s", word, kinds,
	           near);
	faults_move(&file->faults, &faults, NULL, NULL);
	free(near);
	free(kinds);
	free(word);
}

/* Linking */

static struct set_unit *unit_for(struct templates *, const char *kind, struct set_file *,
                                 enum escape);

static void
link_unit(struct templates *set, const char *kind, struct set_file *file, struct set_unit *unit)
{
	for (size_t i = 0; i < part_count(unit); i++) {
		struct template *part = part_at(unit, i);

		for (size_t n = 0; n < template_partial_count(part); n++) {
			const char *name = template_partial_at(part, n)->name;
			struct set_file *partial = find_partial(set, kind, name);
			struct set_unit *target;

			if (partial == NULL) {
				tell_missing(set, kind, file, partial_place(unit, i, n), name);
				continue;
			}
			target = unit_for(set, kind, partial, unit->escape);
			if (target != NULL)
				template_link(part, n, target->text);
		}
	}
}

static struct set_unit *
linked_alike(const struct templates *set, const struct set_file *file, const struct closure *c)
{
	for (size_t i = 0; i < set->unit_count; i++) {
		struct set_unit *unit = set->units[i];

		if (unit->file == file && unit->escape == c->escape && unit->linked &&
		    unit->closure.len == c->files.len &&
		    memcmp(unit->closure.data, c->files.data, c->files.len) == 0)
			return unit;
	}
	return NULL;
}

/* As unit_for(), which remembers it: a closure costs all that it names. */
static void
find_unit(struct templates *set, const char *kind, struct set_file *file, enum escape escape)
{
	struct closure c = closure_of(set, kind, file, escape);
	struct set_unit *unit = linked_alike(set, file, &c);

	file->units[escape] = unit;
	if (unit == NULL && (unit = unlinked(set, file, escape)) != NULL) {
		file->units[escape] = unit;
		unit->linked = true;
		unit->whole = c.whole;
		unit->closure = c.files;
		c.files = (struct buf){0};
		link_unit(set, kind, file, unit);
	}
	buf_fini(&c.files);
}

/* The file as this kind has it; NULL when it is broken.  A partial that names
 * itself finds the unit that is being linked. */
static struct set_unit *
unit_for(struct templates *set, const char *kind, struct set_file *file, enum escape escape)
{
	if (file->kind != kind)
		memset(file->units, 0, sizeof(file->units));
	file->kind = kind;
	if (file->units[escape] == NULL)
		find_unit(set, kind, file, escape);
	return file->units[escape];
}

/* Kinds */

static int
by_file(const void *left, const void *right)
{
	return strcmp(((const struct set_slot *)left)->file,
	              ((const struct set_slot *)right)->file);
}

static void
compile_kind(struct templates *set, struct set_kind *kind)
{
	bool of_digests = strcmp(kind->kind, SET_DIGEST) == 0;

	kind->slots = mem_array(set->file_count + 1, sizeof(*kind->slots));
	for (size_t i = 0; i < set->file_count; i++) {
		struct set_file *file = &set->files[i];

		/* Of files of one name only the one that is chosen. */
		if (file->output == NULL || set_is_for_digests(file) != of_digests ||
		    !is_of_kind(file, kind->kind) ||
		    set_find(set, kind->kind, set_base(file)) != file)
			continue;
		kind->slots[kind->count++] = (struct set_slot){
			.file = set_base(file),
			.unit = unit_for(set, kind->kind, file, file->output->escape),
		};
	}
	qsort(kind->slots, kind->count, sizeof(*kind->slots), by_file);
}

/* A partial that nothing names yet is read for its faults; what it is meant
 * for is not known, so as the output that takes all. */
static void
compile_unused(struct templates *set)
{
	for (size_t i = 0; i < set->file_count; i++) {
		struct set_file *file = &set->files[i];

		if (!file->compiled && !file->broken)
			(void)unlinked(set, file,
			               file->output != NULL ? file->output->escape : ESCAPE_TEXT);
	}
}

static void
drop_unlinked(struct templates *set)
{
	size_t kept = 0;

	for (size_t i = 0; i < set->unit_count; i++) {
		if (set->units[i]->linked)
			set->units[kept++] = set->units[i];
		else
			set_unit_free(set->units[i]);
	}
	set->unit_count = kept;
}

void
set_compile(struct templates *set)
{
	size_t count = 0;

	while (incident_kind_words[count] != NULL)
		count++;
	set->kind_count = count + 1;
	set->kinds = mem_array(set->kind_count, sizeof(*set->kinds));
	for (size_t i = 0; i < set->kind_count; i++) {
		set->kinds[i].kind = i < count ? incident_kind_words[i] : SET_DIGEST;
		compile_kind(set, &set->kinds[i]);
	}
	compile_unused(set);
	drop_unlinked(set);
}

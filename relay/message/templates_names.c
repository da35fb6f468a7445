/*
 * Names that no notification has.  Mustache renders them as nothing, so a slip
 * of the pen would be found by the reader of a message that lacks something.
 */
#include <stdlib.h>
#include <string.h>

#include "relay/base/mem.h"
#include "relay/config/lookup.h"
#include "relay/message/samples.h"
#include "relay/message/templates_set.h"
#include "relay/message/view.h"

#define VALUES "values" /* the sink's own: its names are the operator's */

static void
collect(json_t *known, const json_t *value)
{
	const char *name;
	json_t *member;
	size_t i;

	json_object_foreach((json_t *)value, name, member)
	{
		json_object_set(known, name, json_true());
		collect(known, member);
	}
	json_array_foreach(value, i, member) collect(known, member);
}

/* Takes the document. */
static void
collect_of(json_t *known, json_t *document)
{
	json_t *view = view_of(document, NULL);

	collect(known, view);
	json_decref(view);
	json_decref(document);
}

/* Every name that stands in any sample's view, as members of an object. */
static json_t *
known_names(void)
{
	json_t *known = json_object();

	for (size_t i = 0; i < sample_count(); i++)
		collect_of(known, sample_document(i));
	for (size_t i = 0; i < digest_sample_count(); i++)
		collect_of(known, digest_sample_document(i));
	return known;
}

static const char *
nearest(const json_t *known, const char *word)
{
	const char **names = mem_array(json_object_size(known), sizeof(*names));
	const char *name, *found;
	size_t count = 0;
	json_t *value;

	json_object_foreach((json_t *)known, name, value) names[count++] = name;
	found = lookup_nearest(word, names, count);
	free(names);
	return found;
}

struct check {
	const json_t *known;
	struct set_file *file;
	const struct template_place *string; /* the template is this string of a JSON file */
};

static void
check_word(const struct check *check, const char *word, struct template_place place)
{
	const char *near;

	if (json_object_get(check->known, word) != NULL)
		return;
	if (check->string != NULL)
		place = *check->string;
	near = nearest(check->known, word);
	if (near != NULL)
		faults_warn(&check->file->faults, place.line, place.column,
		            "no notification has a \"%s\"; did you mean \"%s\"?", word, near);
	else
		faults_warn(&check->file->faults, place.line, place.column,
		            "no notification has a \"%s\"", word);
}

/* "image.revoke_at": each word by itself, since the context decides what the
 * first one is looked up in. */
static void
check_name(const char *text, size_t len, struct template_place place, void *arg)
{
	char *name = mem_strn(text, len), *rest = name, *word;

	while ((word = strsep(&rest, ".")) != NULL && strcmp(word, VALUES) != 0)
		if (*word != '\0')
			check_word(arg, word, place);
	free(name);
}

static void
note_values(const char *text, size_t len, struct template_place place, void *arg)
{
	(void)place;
	if (len == strlen(VALUES) && memcmp(text, VALUES, len) == 0)
		*(bool *)arg = true;
}

static void
check_template(const struct check *check, const struct template *template)
{
	bool inside_values = false;

	template_each_name(template, note_values, &inside_values);
	if (!inside_values)
		template_each_name(template, check_name, (void *)check);
}

static void
check_unit(struct check *check, const struct set_unit *unit)
{
	size_t parts = unit->json != NULL ? json_template_count(unit->json) : 0;

	if (unit->text != NULL)
		check_template(check, unit->text);
	for (size_t i = 0; i < parts; i++) {
		struct template_place place = json_template_place(unit->json, i);

		check->string = &place;
		check_template(check, json_template_at(unit->json, i));
	}
}

void
set_check_names(struct templates *set)
{
	json_t *known = NULL;

	for (size_t i = 0; i < set->file_count; i++) {
		struct set_file *file = &set->files[i];
		const struct set_unit *unit = NULL;

		for (size_t k = 0; unit == NULL && k < set->unit_count; k++)
			if (set->units[k]->file == file)
				unit = set->units[k];
		if (file->origin != SET_OWN || unit == NULL)
			continue;
		if (known == NULL)
			known = known_names();
		struct check check = {.known = known, .file = file};
		check_unit(&check, unit);
	}
	json_decref(known);
}

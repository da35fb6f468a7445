/*
 * render_mustache.c - our Mustache for a comparison with another's.
 *
 * A line in is {"template", "data", "partials"}; a line out is the text that
 * comes out, as JSON, or null where there is none.  HTML, lenient.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "relay/base/mem.h"
#include "relay/message/template.h"

#define PARTIALS_MAX 16

struct set {
	struct template *all[PARTIALS_MAX + 1]; /* the main one last */
	const char *names[PARTIALS_MAX];
	size_t count;
};

static int
add(struct set *set, const char *text)
{
	static const struct template_options options = {.escape = ESCAPE_HTML};
	struct faults faults = {0};
	int rc = template_compile(&set->all[set->count++], text, strlen(text), &options,
	                          (struct template_place){1, 1}, &faults);

	faults_fini(&faults);
	return rc;
}

static void
link_all(struct set *set)
{
	for (size_t t = 0; t < set->count; t++)
		for (size_t i = 0; i < template_partial_count(set->all[t]); i++)
			for (size_t n = 0; n + 1 < set->count; n++)
				if (strcmp(template_partial_at(set->all[t], i)->name,
				           set->names[n]) == 0)
					template_link(set->all[t], i, set->all[n]);
}

static int
compile(struct set *set, const json_t *test)
{
	json_t *partials = json_object_get(test, "partials"), *partial;
	const char *name;
	int rc = 0;

	if (json_object_size(partials) > PARTIALS_MAX)
		return -1;
	json_object_foreach(partials, name, partial)
	{
		set->names[set->count] = name;
		rc |= add(set, json_string_value(partial));
	}
	rc |= add(set, json_string_value(json_object_get(test, "template")));
	if (rc == 0)
		link_all(set);
	return rc;
}

static json_t *
render(const json_t *test)
{
	static const struct template_env env = {0};
	struct set set = {0};
	struct buf out = {0};
	struct err err = {0};
	json_t *made = NULL;

	if (compile(&set, test) == 0 &&
	    template_render(set.all[set.count - 1], json_object_get(test, "data"), &env, &out,
	                    &err) == 0)
		made = json_string(buf_text(&out));
	for (size_t i = 0; i < set.count; i++)
		template_free(set.all[i]);
	buf_fini(&out);
	return made != NULL ? made : json_null();
}

int
main(void)
{
	char *line = NULL;
	size_t cap = 0;

	while (getline(&line, &cap, stdin) > 0) {
		json_t *test = json_loads(line, 0, NULL);
		json_t *made;

		if (test == NULL)
			return 1;
		made = render(test);
		json_dumpf(made, stdout, JSON_ENCODE_ANY | JSON_COMPACT);
		putchar('\n');
		json_decref(made);
		json_decref(test);
	}
	free(line);
	return 0;
}

#include <stdlib.h>
#include <string.h>

#include "relay/base/mem.h"
#include "relay/message/samples.h"
#include "relay/message/templates_set.h"
#include "relay/message/view.h"

static bool
is_filled(const json_t *value)
{
	return json_string_length(value) > 0 || json_array_size(value) > 0;
}

/* Slack takes nothing without one of these ("no_text"). */
static int
check_slack(const json_t *message, struct err *err)
{
	if (is_filled(json_object_get(message, "text")) ||
	    is_filled(json_object_get(message, "blocks")))
		return 0;
	return err_set(err, "what comes out has neither \"text\" nor \"blocks\"");
}

static int
try_json(const struct set_unit *unit, const json_t *view, struct err *err)
{
	json_t *out = NULL;
	int rc = set_render_json(unit, view, SAMPLES_NOW_MS, &out, err);

	if (rc == 0 && unit->file->output->slack)
		rc = check_slack(out, err);
	json_decref(out);
	return rc;
}

static const char blanks[] = " \t\r\n";

static int
try_text(const struct set_unit *unit, const json_t *view, bool *speaks, struct err *err)
{
	struct buf out = {0};
	int rc = set_render_text(unit, view, SAMPLES_NOW_MS, &out, err);

	*speaks = buf_text(&out)[strspn(buf_text(&out), blanks)] != '\0';

	if (rc == 0 && unit->file->output->line && out.len == 0)
		rc = err_set(err, "the line that comes out is empty");
	buf_fini(&out);
	return rc;
}

/* What fails on one sample often fails on many: each fault is told once, with
 * the first sample it comes with. */
struct failure {
	const struct set_file *file;
	char *text;
};

struct trial {
	struct templates *set;
	struct failure *failures;
	size_t count;
};

static bool
is_told(const struct trial *trial, const struct set_file *file, const char *text)
{
	for (size_t i = 0; i < trial->count; i++)
		if (trial->failures[i].file == file && strcmp(trial->failures[i].text, text) == 0)
			return true;
	return false;
}

static void
tell_failure(struct trial *trial, struct set_file *file, const char *sample, const struct err *err)
{
	if (is_told(trial, file, err->text))
		return;
	trial->failures = mem_grow(trial->failures, trial->count + 1, sizeof(*trial->failures));
	trial->failures[trial->count++] = (struct failure){file, mem_str(err->text)};
	faults_add(&file->faults, 1, 1, "fails on sample \"%s\": %s", sample, err->text);
}

static const struct set_kind *
kind_of(const struct templates *set, const char *kind)
{
	size_t i = 0;

	while (strcmp(set->kinds[i].kind, kind) != 0)
		i++;
	return &set->kinds[i];
}

/* Takes the document. */
static void
try_sample(struct trial *trial, const struct set_kind *kind, const char *sample, json_t *document)
{
	json_t *view = view_of(document, NULL);

	for (size_t i = 0; i < kind->count; i++) {
		const struct set_unit *unit = kind->slots[i].unit;
		struct set_file *file;
		struct err err = {{0}};
		bool speaks = true;

		if (unit == NULL || !unit->whole) /* told already */
			continue;
		file = &trial->set->files[unit->file - trial->set->files];
		if ((unit->json != NULL ? try_json(unit, view, &err)
		                        : try_text(unit, view, &speaks, &err)) != 0)
			tell_failure(trial, file, sample, &err);
		file->tried = true;
		file->spoke |= speaks;
	}
	json_decref(view);
	json_decref(document);
}

/* A slip in a shell leaves such a file in place of the shipped one. */
static void
warn_silent(struct set_file *file)
{
	if (file->origin != SET_OWN || file->faults.errors > 0)
		return;
	if (strspn(file->text, blanks) == file->len)
		faults_warn(&file->faults, 1, 1, "the file is empty: it says nothing");
	else if (file->tried && !file->spoke)
		faults_warn(&file->faults, 1, 1, "nothing comes out of it on any sample");
}

void
set_try(struct templates *set)
{
	struct trial trial = {.set = set};

	for (size_t i = 0; i < sample_count(); i++)
		try_sample(&trial, kind_of(set, sample_kind(i)), sample_name(i),
		           sample_document(i));
	for (size_t i = 0; i < digest_sample_count(); i++)
		try_sample(&trial, kind_of(set, SET_DIGEST), digest_sample_name(i),
		           digest_sample_document(i));
	for (size_t i = 0; i < set->file_count; i++)
		warn_silent(&set->files[i]);
	for (size_t i = 0; i < trial.count; i++)
		free(trial.failures[i].text);
	free(trial.failures);
}

#include "relay/hcp/reading.h"

#include <stdlib.h>
#include <string.h>

#include "relay/base/json.h"
#include "relay/base/mem.h"
#include "relay/hcp/uses.h"

static int
index_of(const char *const *names, const char *name)
{
	for (int i = 0; name != NULL && names[i] != NULL; i++)
		if (strcmp(names[i], name) == 0)
			return i;
	return -1;
}

static bool
is_word(const json_t *object, const char *name, const char *word)
{
	const char *text = json_text_at(object, name);

	return text != NULL && strcmp(text, word) == 0;
}

static int64_t
read_count(const json_t *item)
{
	int64_t count = json_int_at(item, "count", 1);

	if (count < 1)
		return 1;
	return count < READING_COUNT_MAX ? count : READING_COUNT_MAX;
}

static int
read_use(const json_t *item, struct reading_use *use)
{
	int basis = index_of(usage_basis_names, json_text_at(item, "by"));

	if (basis < 0)
		return -1;
	*use = (struct reading_use){
		.planned = is_word(item, "when", "planned"),
		.basis = (enum usage_basis)basis,
		.bucket = json_filled_at(item, "bucket"),
		.organization_id = json_filled_at(item, "organization_id"),
		.project_id = json_filled_at(item, "project_id"),
		.channel = json_filled_at(item, "channel"),
		.version = json_filled_at(item, "version"),
		.version_id = json_filled_at(item, "version_id"),
		.fingerprint = json_filled_at(item, "fingerprint"),
		.external_identifier = json_filled_at(item, "external_identifier"),
		.platform = json_filled_at(item, "platform"),
		.region = json_filled_at(item, "region"),
		.revoke_at = json_time_at(item, "revoke_at"),
		.provider = json_filled_at(item, "provider"),
		.type = json_filled_at(item, "type"),
		.address = json_filled_at(item, "address"),
		.count = read_count(item),
		.fresh = json_true_at(item, "fresh"),
	};
	return 0;
}

int
reading_take(json_t *json, struct reading *out, struct err *err)
{
	const json_t *uses = json_object_get(json, "uses");

	*out = (struct reading){
		.is_plan = is_word(json, "format", "plan"),
		.errored = json_true_at(json, "errored"),
		.partial = json_true_at(json, "partial"),
		.bytes = json_int_at(json, "bytes", 0),
		.drift = json_object_get(json, "drift"),
		.checks = json_object_get(json, "checks"),
		.json = json,
	};
	if (!json_is_array(uses) || !(out->is_plan || is_word(json, "format", "state"))) {
		reading_fini(out);
		return err_set(err, "the reader answered something else than a reading");
	}
	out->uses = mem_array(USES_MAX, sizeof(*out->uses));
	for (size_t i = 0; i < json_array_size(uses) && out->count < USES_MAX; i++)
		if (read_use(json_array_get(uses, i), &out->uses[out->count]) == 0)
			out->count++;
	return 0;
}

void
reading_fini(struct reading *reading)
{
	free(reading->uses);
	json_decref(reading->json);
	memset(reading, 0, sizeof(*reading));
}

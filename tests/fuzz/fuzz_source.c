/*
 * Everything a webhook's body goes through before it is planned.  The first
 * byte picks the kind of source, the rest is the body.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "relay/base/json.h"
#include "relay/base/mem.h"
#include "relay/source/source.h"
#include "tests/unit/source/event_check.h"
#include "tests/unit/source/picks_check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct source_kind *
pick(uint8_t byte)
{
	size_t count = 0;

	while (source_kinds[count] != NULL)
		count++;
	return source_kinds[byte % count];
}

static void
must(bool holds)
{
	if (!holds)
		abort();
}

static void
read_event(const struct source_kind *kind, json_t *tree, const char *body, size_t len)
{
	char key[EVENT_KEY_SIZE];
	struct event event;

	must(picks_check(kind, body, len) == NULL);
	if (tree != NULL) {
		kind->normalize(tree, &event);
		must(event_check(&event) == NULL);
		event_fini(&event);
	}
	event_key(kind, NULL, body, len, key);
	must(strlen(key) == EVENT_KEY_SIZE - 1);
}

/* What a kind makes of a body without a tree is an event; of one with a tree it is that tree. */
static void
salvage(const struct source_kind *kind, const json_t *tree, const char *body, size_t len)
{
	json_t *part = kind->salvage != NULL ? kind->salvage(body, len) : NULL;
	struct event event;

	if (part == NULL)
		return;
	must(json_is_object(part));
	must(!json_is_object(tree) || json_equal(part, (json_t *)tree));
	kind->normalize(part, &event);
	must(event_check(&event) == NULL);
	event_fini(&event);
	json_decref(part);
}

/* Cutting leaves JSON as much JSON as it was, and a second cut finds nothing. */
static void
cut_token(const char *body, size_t len, bool is_json)
{
	char *token, *rest;
	size_t once_len, twice_len;
	struct err err = {0};
	json_t *tree = NULL;
	char *once = run_task_cut_token(body, len, &once_len, &token);
	char *twice = run_task_cut_token(once, once_len, &twice_len, &rest);

	if (is_json) {
		must(json_read(once, once_len, &tree, &err) != JSON_NOT_JSON);
		must(rest == NULL || rest[0] == '\0');
		must(once_len == twice_len && memcmp(once, twice, once_len) == 0);
	}
	json_decref(tree);
	free(token);
	free(rest);
	free(once);
	free(twice);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err err = {0};
	json_t *tree = NULL;
	char *body;
	enum json_answer answer;

	if (size == 0)
		return 0;
	body = mem_dup(data + 1, size - 1);
	answer = json_read(body, size - 1, &tree, &err);
	if (answer != JSON_NOT_JSON) {
		read_event(pick(data[0]), tree, body, size - 1);
		salvage(pick(data[0]), tree, body, size - 1);
	}
	cut_token(body, size - 1, answer != JSON_NOT_JSON);
	json_decref(tree);
	free(body);
	return 0;
}

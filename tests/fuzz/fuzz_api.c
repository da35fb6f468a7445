/*
 * fuzz_api.c - what the HCP Terraform API answers: two lines for two headers, then the
 * body.  Every reader reads every document: what it tells is what its header promises,
 * whatever came.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "relay/base/clock.h"
#include "relay/base/json.h"
#include "relay/base/mem.h"
#include "relay/base/text.h"
#include "relay/hcp/api_pace.h"
#include "relay/hcp/terraform_api.h"

#define TAGS_MOST 64
#define WAIT_MOST_MS (10 * MINUTE_MS + SECOND_MS)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
must(bool holds)
{
	if (!holds)
		abort();
}

static bool
is_filled(const char *text)
{
	return text != NULL && text[0] != '\0';
}

static void
check_pace(const char *reset, const char *remaining)
{
	static const int statuses[] = {0, 200, 401, 403, 429, 503};
	const int64_t now = INT64_C(1000000);

	for (size_t i = 0; i < COUNT(statuses); i++) {
		struct api_pace pace = {0};
		const struct api_headers came = {
			.status = statuses[i], .reset = reset, .remaining = remaining};
		enum api_meaning meaning = pace_came(&pace, &came, now);

		must(pace_wait(&pace, now) <= WAIT_MOST_MS);
		must((meaning == API_MEANS_LATER) == (statuses[i] == 429));
		must((pace.refused_until != 0) == (statuses[i] == 401));
	}
}

static void
check_tags(const json_t *tags)
{
	const json_t *tag;
	size_t i;

	must(json_is_array(tags) && json_array_size(tags) <= TAGS_MOST);
	json_array_foreach((json_t *)tags, i, tag) must(is_filled(json_string_value(tag)));
}

static void
check_workspaces(const json_t *document)
{
	const json_t *item;
	size_t i;

	json_array_foreach(json_at(document, "data"), i, item)
	{
		struct api_workspace workspace;
		bool names = api_workspace_read(document, item, &workspace);

		must(names == (workspace.id != NULL && workspace.name != NULL));
		must(workspace.id == NULL || is_filled(workspace.id));
		must(workspace.name == NULL || is_filled(workspace.name));
		must(workspace.organization == NULL || is_filled(workspace.organization));
		must(workspace.project == NULL || is_filled(workspace.project));
		must(workspace.health_told || !workspace.health);
		check_tags(workspace.tags);
		api_workspace_fini(&workspace);
	}
}

static bool
is_instance(const char *type, const void *arg)
{
	return strcmp(type, arg) == 0;
}

static void
check_state(const json_t *document)
{
	struct api_state state;
	bool is = api_state_read(document, is_instance, "aws_instance", &state);

	must(is == (state.id != NULL));
	must(state.json_url == NULL || url_is_http(state.json_url));
	must(state.raw_url == NULL || url_is_http(state.raw_url));
	must(state.created_at >= 0 && state.run_created_at >= 0);
}

static void
check_tasks(const json_t *document)
{
	struct api_task task;

	if (!api_failed_packer_task(document, &task))
		must(task.name == NULL && task.message == NULL && task.url == NULL);
	must(task.url == NULL || url_is_http(task.url));
}

static void
check_pages(const json_t *document)
{
	static const int64_t pages[] = {1, 2, 1000, INT64_MAX};

	for (size_t i = 0; i < COUNT(pages); i++) {
		int64_t next = api_page_next(document, pages[i]);

		must(next == 0 || next > pages[i]);
	}
	must(api_page_total(document) >= -1);
	must(api_error_text(document) == NULL || is_filled(api_error_text(document)));
}

/* The line at *at without its end; NULL: there is no whole one. */
static char *
take_line(const char **at, const char *end)
{
	const char *behind = memchr(*at, '\n', (size_t)(end - *at));
	char *line = behind != NULL ? mem_strn(*at, (size_t)(behind - *at)) : NULL;

	if (behind != NULL)
		*at = behind + 1;
	return line;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *at = (const char *)data, *end = at + size;
	char *reset = take_line(&at, end), *remaining = take_line(&at, end);
	char *body = mem_dup(at, (size_t)(end - at));
	struct err err = {""};
	json_t *document;

	check_pace(reset, remaining);
	if (json_read(body, (size_t)(end - at), &document, &err) == JSON_TREE) {
		check_pages(document);
		check_workspaces(document);
		check_state(document);
		check_tasks(document);
	}
	json_decref(document);
	free(body);
	free(remaining);
	free(reset);
	return 0;
}

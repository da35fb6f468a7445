#include "relay/hcp/terraform_api.h"

#include <stdlib.h>
#include <string.h>

#include "relay/base/buf.h"
#include "relay/base/json.h"
#include "relay/base/mem.h"
#include "relay/base/text.h"

#define TAGS_MAX 64
#define PACKER_HOST "api.cloud.hashicorp.com" /* where HCP Packer's own run task is */
#define PACKER_DATA "data.hcp_packer_"

/* Paths */

/* RFC 3986, 2.3: only unreserved characters stand for themselves in every part of a URL. */
static void
add_encoded(struct buf *out, const char *text)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789-._~";

	for (const unsigned char *c = (const unsigned char *)text; *c != '\0'; c++)
		if (strchr(plain, *c) != NULL)
			buf_putc(out, (char)*c);
		else
			buf_printf(out, "%%%02X", *c);
}

static char *
path_of(const char *before, const char *name, const char *behind)
{
	struct buf out = {0};

	buf_puts(&out, before);
	add_encoded(&out, name);
	buf_puts(&out, behind);
	return buf_take(&out);
}

static char *
paged(const char *organization, const char *what, int64_t page)
{
	char *behind = mem_fmt("%spage%%5Bnumber%%5D=%lld&page%%5Bsize%%5D=%d", what,
	                       (long long)page, API_PAGE_SIZE);
	char *out = path_of("/api/v2/organizations/", organization, behind);

	free(behind);
	return out;
}

char *
api_path_workspaces(const char *organization, int64_t page)
{
	return paged(organization, "/workspaces?include=project&", page);
}

/* Fields are in snake case in filters, and with dashes in what comes back. */
char *
api_path_explorer(const char *organization, int64_t page)
{
	return paged(organization,
	             "/explorer?type=workspaces&filter%5B0%5D%5Bproviders%5D%5Bcontains%5D%5B0%5D="
	             "hashicorp%2Fhcp&",
	             page);
}

char *
api_path_state(const char *workspace_id)
{
	return path_of("/api/v2/workspaces/", workspace_id, "/current-state-version?include=run");
}

char *
api_path_assessment_output(const char *assessment_id)
{
	return path_of("/api/v2/assessment-results/", assessment_id, "/json-output");
}

char *
api_path_task_stages(const char *run_id)
{
	return path_of("/api/v2/runs/", run_id,
	               "/task-stages?include=task_results&page%5Bsize%5D=100");
}

/* Errors and pages */

const char *
api_error_text(const json_t *document)
{
	const char *detail = json_filled_at(document, "errors.0.detail");
	const char *title = json_filled_at(document, "errors.0.title");

	return detail != NULL ? detail : title;
}

/* The number in a link to a page, whose brackets may be encoded. */
static int64_t
page_in(const char *link)
{
	const char *at = strcasestr(link, "page%5Bnumber%5D=");

	if (at == NULL)
		at = strstr(link, "page[number]=");
	return at != NULL ? strtoll(strchr(at, '=') + 1, NULL, 10) : 0;
}

/* A link is only looked at for its number: it may name any host. */
int64_t
api_page_next(const json_t *document, int64_t page)
{
	const char *link = json_filled_at(document, "links.next");
	int64_t next = json_int_at(document, "meta.pagination.next-page", 0);

	if (next == 0 && link != NULL)
		next = page_in(link);
	return next > page ? next : 0;
}

int64_t
api_page_total(const json_t *document)
{
	int64_t total = json_int_at(document, "meta.pagination.total-count", -1);

	return total >= 0 ? total : -1;
}

/* Workspaces */

/* An attribute under its name with dashes, or with underscores as some versions of
 * the Explorer write them. */
static const char *
attribute(const json_t *attributes, const char *name)
{
	char other[64];
	const char *text = json_filled_at(attributes, name);
	size_t i;

	if (text != NULL)
		return text;
	for (i = 0; name[i] != '\0' && i + 1 < sizeof(other); i++)
		other[i] = name[i] == '-' ? '_' : name[i];
	other[i] = '\0';
	return json_filled_at(attributes, other);
}

static void
add_tag(json_t *tags, const char *text, size_t len)
{
	if (len > 0 && json_array_size(tags) < TAGS_MAX)
		json_array_append_new(tags, json_stringn(text, len));
}

/* "web, team:payments": as the Explorer writes them. */
static void
add_tags_of_text(json_t *tags, const char *text)
{
	while (text != NULL && *text != '\0') {
		size_t len;

		text += strspn(text, ", ");
		len = strcspn(text, ",");
		while (len > 0 && text[len - 1] == ' ')
			len--;
		add_tag(tags, text, len);
		text += strcspn(text, ",");
	}
}

static json_t *
tags_of(const json_t *attributes)
{
	const json_t *names = json_at(attributes, "tag-names"), *name;
	json_t *tags = json_array();
	size_t i;

	json_array_foreach((json_t *)names, i, name)
	{
		if (json_is_string(name))
			add_tag(tags, json_string_value(name), json_string_length(name));
	}
	add_tags_of_text(tags, json_text_at(attributes, "tags"));
	return tags;
}

/* The name of the project with this id, as it comes along with a page of the list. */
static const char *
included_project(const json_t *document, const char *id)
{
	const json_t *included = json_at(document, "included"), *item;
	size_t i;

	json_array_foreach((json_t *)included, i, item)
	{
		const char *type = json_text_at(item, "type"), *its = json_text_at(item, "id");

		if (type != NULL && its != NULL && strcmp(type, "projects") == 0 &&
		    strcmp(its, id) == 0)
			return json_filled_at(item, "attributes.name");
	}
	return NULL;
}

static const char *
project_of(const json_t *document, const json_t *item)
{
	const char *name = attribute(json_at(item, "attributes"), "project-name");
	const char *id = json_filled_at(item, "relationships.project.data.id");

	return name != NULL || id == NULL ? name : included_project(document, id);
}

/* null where the workspace has none; a list without it says nothing. */
static bool
has_state(const json_t *item)
{
	const json_t *state = json_at(item, "relationships.current-state-version");

	return !json_is_object(state) || !json_is_null(json_object_get(state, "data"));
}

bool
api_workspace_read(const json_t *document, const json_t *item, struct api_workspace *out)
{
	const json_t *attributes = json_at(item, "attributes");
	const json_t *health = json_at(attributes, "assessments-enabled");
	const char *external = attribute(attributes, "external-id");
	const char *name = attribute(attributes, "workspace-name");

	*out = (struct api_workspace){
		.id = external != NULL ? external : json_filled_at(item, "id"),
		.name = name != NULL ? name : json_filled_at(attributes, "name"),
		.organization = attribute(attributes, "organization-name"),
		.project = project_of(document, item),
		.tags = tags_of(attributes),
		.health_told = json_is_boolean(health),
		.health = json_is_true(health),
		.has_state = has_state(item),
	};
	return out->id != NULL && out->name != NULL;
}

void
api_workspace_fini(struct api_workspace *workspace)
{
	json_decref(workspace->tags);
	workspace->tags = NULL;
}

/* State versions */

static bool
is_worth_reading(const json_t *resources, api_type_fn *worth, const void *arg)
{
	const json_t *resource;
	size_t i;

	json_array_foreach((json_t *)resources, i, resource)
	{
		const char *type = json_text_at(resource, "type");

		if (type != NULL &&
		    (strncmp(type, PACKER_DATA, strlen(PACKER_DATA)) == 0 || worth(type, arg)))
			return true;
	}
	return false;
}

static const char *
http_url(const json_t *attributes, const char *name)
{
	const char *url = json_filled_at(attributes, name);

	return url != NULL && url_is_http(url) ? url : NULL;
}

/* The run that made the state comes along where the token may see it. */
static int64_t
run_created_at(const json_t *document, const char *run_id)
{
	const json_t *included = json_at(document, "included"), *item;
	size_t i;

	json_array_foreach((json_t *)included, i, item)
	{
		const char *id = json_text_at(item, "id"), *type = json_text_at(item, "type");

		if (id != NULL && type != NULL && run_id != NULL && strcmp(type, "runs") == 0 &&
		    strcmp(id, run_id) == 0)
			return json_time_at(item, "attributes.created-at");
	}
	return 0;
}

bool
api_state_read(const json_t *document, api_type_fn *worth, const void *arg, struct api_state *out)
{
	const json_t *attributes = json_at(document, "data.attributes");
	const char *status = json_filled_at(attributes, "status");
	const char *run_id = json_filled_at(document, "data.relationships.run.data.id");

	*out = (struct api_state){
		.id = json_filled_at(document, "data.id"),
		.json_url = http_url(attributes, "hosted-json-state-download-url"),
		.raw_url = http_url(attributes, "hosted-state-download-url"),
		.run_id = run_id,
		.created_at = json_time_at(attributes, "created-at"),
		.run_created_at = run_created_at(document, run_id),
		.finalized = status == NULL || strcmp(status, "pending") != 0,
		.processed = json_true_at(attributes, "resources-processed"),
		.worth_reading = is_worth_reading(json_at(attributes, "resources"), worth, arg),
	};
	return out->id != NULL;
}

/* Run tasks */

static bool
is_failed_packer_task(const json_t *item)
{
	const char *type = json_text_at(item, "type");
	const char *status = json_text_at(item, "attributes.status");
	const char *url = json_filled_at(item, "attributes.task-url");
	char *host = url != NULL ? url_host(url) : NULL;
	bool is = type != NULL && strcmp(type, "task-results") == 0 && status != NULL &&
	          strcmp(status, "failed") == 0 && host != NULL && strcmp(host, PACKER_HOST) == 0;

	free(host);
	return is;
}

bool
api_failed_packer_task(const json_t *document, struct api_task *out)
{
	const json_t *included = json_at(document, "included"), *item;
	size_t i;

	*out = (struct api_task){NULL, NULL, NULL};
	json_array_foreach((json_t *)included, i, item)
	{
		if (!is_failed_packer_task(item))
			continue;
		*out = (struct api_task){json_filled_at(item, "attributes.task-name"),
		                         json_filled_at(item, "attributes.message"),
		                         http_url(item, "attributes.url")};
		return true;
	}
	return false;
}

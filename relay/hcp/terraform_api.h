/*
 * terraform_api.h - what the HCP Terraform API is asked and how its answers
 * read.  Pure: paths out, JSON:API documents in.
 *
 * Facts: developer.hashicorp.com, "API docs" of HCP Terraform: "Workspaces",
 * "Explorer", "State versions", "Task stages and results", "Assessment results",
 * and its overview for pages and errors.  Terraform Enterprise has the same API; an
 * older one has no Explorer.
 *
 * What is read borrows from the document.  Anything that is absent or of another
 * type is NULL, 0 or false: nobody's answer is trusted to be whole.
 */
#ifndef RELAY_HCP_TERRAFORM_API_H
#define RELAY_HCP_TERRAFORM_API_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#define API_PAGE_SIZE 100 /* the most it gives */

/* Paths, with query, behind the API's URL.  Names and ids are %-encoded.  The caller frees. */
char *api_path_workspaces(const char *organization, int64_t page);
/* Those with a resource or a data source of the hcp provider, by the Explorer. */
char *api_path_explorer(const char *organization, int64_t page);
char *api_path_state(const char *workspace_id);
char *api_path_assessment_output(const char *assessment_id); /* a plan; not JSON:API */
char *api_path_task_stages(const char *run_id);

/* What errors[] says, for people; NULL where it says nothing. */
const char *api_error_text(const json_t *document);

/* The page behind this one; 0: it is the last. */
int64_t api_page_next(const json_t *document, int64_t page);
/* How many items all pages have; -1: it is not told. */
int64_t api_page_total(const json_t *document);

/* One item of `data`, as the list of workspaces or the Explorer gives it. */
struct api_workspace {
	const char *id, *name;
	const char *organization; /* the Explorer only */
	const char *project;      /* its name */
	json_t *tags;             /* array of texts, "key" or "key:value"; owned */
	bool health_told, health; /* are health assessments enabled?  The list only. */
	bool has_state;           /* false only where it is known that nothing was ever applied */
};
/* False: it names no workspace.  api_workspace_fini() in each case. */
bool api_workspace_read(const json_t *document, const json_t *item, struct api_workspace *);
void api_workspace_fini(struct api_workspace *);

/* The current state version of a workspace. */
struct api_state {
	const char *id;
	/* Where its JSON is, as `terraform show -json` writes it, and the raw
	 * state.  Whoever has these URLs may read the state. */
	const char *json_url, *raw_url;
	const char *run_id;
	int64_t created_at;
	int64_t run_created_at; /* 0: not told */
	bool finalized;         /* false: it is still being written */
	bool processed;         /* resources[] is complete */
	/* resources[] was read, and something in it is worth a look at the state:
	 * a data source of HCP Packer, or a type that `worth` knows. */
	bool worth_reading;
};
typedef bool api_type_fn(const char *resource_type, const void *arg);
bool api_state_read(const json_t *document, api_type_fn *worth, const void *arg,
                    struct api_state *);

/* The result of a run task. */
struct api_task {
	const char *name, *message, *url;
};
/* The first one by HCP Packer's own run task that failed, in any stage. */
bool api_failed_packer_task(const json_t *document, struct api_task *);

#endif

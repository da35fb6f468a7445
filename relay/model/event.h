/*
 * event.h - one webhook, in the relay's own words.
 *
 * A source turns a body into this; nothing behind the sources sees the wire
 * formats.  Text is borrowed from the parsed body (or from `made`, where it
 * had to be put together) and lives as long as the event; NULL means absent,
 * times are ms with 0 for absent.
 */
#ifndef RELAY_MODEL_EVENT_H
#define RELAY_MODEL_EVENT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum event_type {
	EVENT_IGNORED,    /* another HCP service's event on the same webhook */
	EVENT_UNKNOWN,    /* an action or trigger we do not know */
	EVENT_NOTED,      /* known, and nothing follows from it (yet) */
	EVENT_VERSION,    /* HCP Packer: something happened to a version */
	EVENT_ASSIGN,     /* HCP Packer: a channel points to another version */
	EVENT_RUN,        /* HCP Terraform: run notifications */
	EVENT_ASSESSMENT, /* HCP Terraform: a health assessment */
	EVENT_AUTO_DESTROY,
	EVENT_WORKSPACE_DELETED,
	EVENT_CHANGE_REQUEST,
	EVENT_RUN_TASK
};

enum version_action {
	VERSION_CREATE,
	VERSION_COMPLETE,
	VERSION_REVOKE,
	VERSION_SCHEDULE,
	VERSION_CANCEL, /* cancel-revocation */
	VERSION_RESTORE,
	VERSION_DELETE
};

struct version_ref {        /* a version as another object names it */
	const char *bucket; /* NULL = the same bucket */
	const char *id, *name, *fingerprint;
};

struct packer_news {
	const char *organization_id, *project_id; /* "" when not sent, never NULL */
	const char *bucket_id, *bucket;
	enum version_action action; /* EVENT_VERSION only */
	struct version_ref version; /* all NULL when a channel was unassigned */
	const char *status;         /* "VERSION_ACTIVE", ... as sent; may be NULL */
	int64_t created_at;
	int64_t revoke_at;
	const char *revoked_by, *reason;
	bool inherited;
	struct version_ref inherited_from;
	json_t *artifacts; /* owned: [{platform, region, external_identifier}]; NULL when none were sent */
	/* EVENT_ASSIGN */
	const char *channel;
	bool channel_managed;
	bool previous_sent; /* the key was there and not null */
	struct version_ref previous;
	const char *actor; /* e-mail, else name, of who did it */
};

struct workspace_ref {
	const char *
		host; /* owned by the event: malloc'd from a URL of the payload; NULL when none was sent */
	const char *id, *name, *organization;
	const char *url; /* owned too; NULL when it cannot be told */
};

struct run_news {
	const char *id, *url, *message, *created_by, *status;
	const char *trigger;  /* as sent; for messages */
	bool needs_attention; /* HCP says so, by its trigger */
	int64_t created_at, updated_at;
};

struct assessment_news {
	const char *id, *url;
	const char *trigger;
	bool succeeded, drifted, check_failed;
	int64_t created_at;
	int64_t resources_drifted, resources_undrifted; /* all six: -1 when null */
	int64_t checks_passed, checks_failed, checks_errored, checks_unknown;
};

struct auto_destroy_news {
	bool results; /* else a reminder */
	int64_t at;   /* auto_destroy_at, reminders only */
	const char *run_id, *run_status, *error;
	int64_t run_created_at;
};

struct change_request_news {
	const char *url, *subject, *message, *created_by;
	int64_t created_at;
};

struct run_task_news {
	const char *task_result_id, *stage, *callback_url, *run_id;
	const char *plan_url; /* of the plan as JSON; NULL before there is one (stage pre_plan) */
	int64_t run_created_at;
	bool speculative;
	bool outcomes; /* its callback may list them */
};

struct event {
	enum event_type type;
	const char *
		kind; /* for people and for unknown events: "version.revoke", "run:errored", ...; owned */
	int64_t at; /* the event's own time; 0 when it carries none */
	struct workspace_ref workspace;
	struct packer_news packer;
	struct run_news *runs; /* owned; EVENT_RUN: at least one */
	size_t run_count;
	struct assessment_news assessment;
	struct auto_destroy_news auto_destroy;
	struct change_request_news change_request;
	struct run_task_news run_task;
	json_t *body; /* a reference; what is borrowed comes from here */
	json_t *made; /* owned: text no field of the body spells like this ("v3" from 3); may be NULL */
};

void event_fini(struct event *); /* leaves it zeroed */

#endif

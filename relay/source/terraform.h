/*
 * terraform.h - the two halves of the hcp_terraform kind.
 *
 * terraform.c knows the triggers and every form of payload but one;
 * terraform_run.c knows the run notification (payload version 1).
 */
#ifndef RELAY_SOURCE_TERRAFORM_H
#define RELAY_SOURCE_TERRAFORM_H

#include "relay/base/buf.h"
#include "relay/base/json_pick.h"
#include "relay/model/event.h"

/* The forms of payload, told by their content: the version number is a hint at best. */
enum form {
	FORM_UNKNOWN,
	FORM_VERIFICATION,
	FORM_RUN,
	FORM_ASSESSMENT,
	FORM_AUTO_DESTROY,
	FORM_DELETED,
	FORM_CHANGE_REQUEST
};

struct trigger {
	const char *name;
	enum form form;
	const char *coarse; /* the older, wider trigger this one is a part of; NULL = itself */
	const char *status; /* the one run status that it is sent for, where there is only one */
};

/* What tells the form and the identity, and more: the rows of terraform_wants. */
enum {
	TRIGGER,
	RUN_ID,
	RUN_URL,
	WORKSPACE_ID,
	WORKSPACE_NAME,
	ORGANIZATION_NAME,
	CONFIGURATION_URL,
	CHANGE_REQUEST_URL,
	CHANGE_REQUEST_SUBJECT,
	DETAILS,
	NOTIFICATIONS,
	DETAILS_WORKSPACE_ID,
	DETAILS_WORKSPACE_NAME,
	DETAILS_ORGANIZATION_NAME,
	RUN_EXTERNAL_ID,
	AUTO_DESTROY_AT,
	ASSESSMENT,
	ASSESSMENT_ID,
	ASSESSMENT_URL,
	FIRST,
	SECOND,
	FIRST_TRIGGER,
	FIRST_TRIGGER_TYPE,
	FIRST_STATUS,
	FIRST_UPDATED_AT
};
extern const struct json_want terraform_wants[];

/* NULL when name is NULL or not one we know. */
const struct trigger *trigger_named(const char *name);

/* The name two spellings of one trigger share; an unknown one stays itself. */
const char *trigger_coarse(const char *name);

/* The id of the run a notification is about; NULL when none is sent.  *len: it may end inside its text. */
const char *run_id_of(const struct json_picks *body, size_t *len);

bool run_identity(const struct json_picks *body, struct buf *out);
void run_normalize(struct event *event, const struct json_picks *body);

/* The host of a payload, as all of its forms tell it. */
void terraform_place(struct workspace_ref *ws, const struct json_picks *body);

#endif

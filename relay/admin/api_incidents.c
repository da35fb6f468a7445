#include "relay/admin/api.h"

#include <string.h>

#include "relay/base/clock.h"
#include "relay/base/json.h"
#include "relay/base/ulid.h"
#include "relay/flow/acknowledge.h"

static const char *const statuses[] = {"open", "resolved", NULL};

const struct api_filter api_incident_filters[] = {
	{"status", statuses}, {"kind", NULL}, {"bucket", NULL},
	{"workspace", NULL},  {"team", NULL}, {NULL, NULL},
};

bool
api_incident_cursor(const char *after)
{
	return id_is("inc", after);
}

int
api_incident_list(const struct api_ask *ask, struct db *db, struct api_answer *answer,
                  struct err *err)
{
	const struct incident_filter filter = {
		.status = ask->values[0],
		.kind = ask->values[1],
		.bucket = ask->values[2],
		.workspace = ask->values[3],
		.team = ask->values[4],
	};

	return query_incidents(db, ask->conf, &filter, &ask->page, &answer->body, err);
}

int
api_incident_show(const struct api_ask *ask, struct db *db, struct api_answer *answer,
                  struct err *err)
{
	if (query_incident(db, ask->conf, ask->id, &answer->body, err) < 0)
		return -1;
	return answer->body ? 0 : api_refuse(answer, 404, "there is no such incident");
}

#define NAME_MAX_BYTES ((size_t)200)
#define COMMENT_MAX_BYTES ((size_t)2000)

static bool
is_blank(const char *text)
{
	return text[strspn(text, " \t\r\n")] == '\0';
}

static const char *const ack_members[] = {"by", "comment", "until", NULL};

/* The first that nobody knows, in the order of the body; NULL: there is none. */
static const char *
unknown_member(const json_t *body)
{
	for (void *at = json_object_iter((json_t *)body); at != NULL;
	     at = json_object_iter_next((json_t *)body, at)) {
		const char *name = json_object_iter_key(at);
		size_t i = 0;

		while (ack_members[i] != NULL && strcmp(ack_members[i], name) != 0)
			i++;
		if (ack_members[i] == NULL)
			return name;
	}
	return NULL;
}

/* 0, or -1 with what is wrong with the body. */
static int
read_ack(const struct api_ask *ask, struct acknowledgement *ack, struct err *why)
{
	const json_t *comment = json_object_get(ask->body, "comment");
	const char *until = json_text_at(ask->body, "until");
	const char *unknown = unknown_member(ask->body);

	*ack = (struct acknowledgement){.by = json_text_at(ask->body, "by"),
	                                .comment = json_string_value(comment)};
	if (unknown != NULL)
		return err_set(why, "\"%s\" is none of by, comment and until", unknown);
	if (ack->by == NULL || is_blank(ack->by) || strlen(ack->by) > NAME_MAX_BYTES)
		return err_set(why, "by must say who, in at most %zu bytes", NAME_MAX_BYTES);
	if (comment != NULL && !json_is_null(comment) &&
	    (ack->comment == NULL || strlen(ack->comment) > COMMENT_MAX_BYTES))
		return err_set(why, "comment must be a text of at most %zu bytes",
		               COMMENT_MAX_BYTES);
	if (ack->comment != NULL && is_blank(ack->comment))
		ack->comment = NULL;
	if (until == NULL || !time_parse(until, &ack->until))
		return err_set(why, "until must be a time like 2026-03-01T09:00:00Z");
	if (ack->until <= ask->now_ms)
		return err_set(why, "until must be in the future");
	return 0;
}

int
api_incident_ack(const struct api_ask *ask, struct db *db, struct api_answer *answer,
                 struct err *err)
{
	struct acknowledgement ack;
	struct err why = {""};

	if (read_ack(ask, &ack, &why) < 0)
		return api_refuse(answer, 400, "%s", why.text);
	switch (acknowledge_incident(db, ask->conf, ask->id, &ack, ask->now_ms, err)) {
	case ACK_TAKEN:
		answer->wake = true;
		return query_incident(db, ask->conf, ask->id, &answer->body, err);
	case ACK_UNKNOWN:
		return api_refuse(answer, 404, "there is no such incident");
	case ACK_RESOLVED:
		return api_refuse(answer, 409, "this incident is resolved");
	default:
		return -1;
	}
}

/*
 * incidents.h - incidents, their workspaces, their timeline, and the
 * notifications that speak of them.
 *
 * At most one incident is open for a key; a closed one is never opened again.
 * All functions run inside a transaction of the caller.
 */
#ifndef RELAY_STORE_INCIDENTS_H
#define RELAY_STORE_INCIDENTS_H

#include "relay/model/incident.h"
#include "relay/store/db.h"

struct incident_list {
	struct incident *items;
	size_t count;
};
void incident_list_fini(struct incident_list *);

/* 1 found, 0 not, -1. */
int incidents_open(struct db *, const char *key, struct incident *, struct err *) MUST_CHECK;
int incidents_by_id(struct db *, const char *id, struct incident *, struct err *) MUST_CHECK;
/* The newest of this key, open or closed. */
int incidents_last(struct db *, const char *key, struct incident *, struct err *) MUST_CHECK;
/* Up to `limit` open ones behind the id `after`, in order. */
int incidents_all_open(struct db *, const char *after, int limit, struct incident_list *,
                       struct err *) MUST_CHECK;
/* Those resolved then or later, the first one first. */
int incidents_resolved_since(struct db *, int64_t since, struct incident_list *,
                             struct err *) MUST_CHECK;
int incidents_of_bucket(struct db *, const char *bucket_key, enum incident_kind,
                        struct incident_list *, struct err *) MUST_CHECK;
/* All open ones of a kind: of those that there are few of. */
int incidents_open_of(struct db *, enum incident_kind, struct incident_list *,
                      struct err *) MUST_CHECK;
/* The open incidents about images that list this workspace. */
int incidents_listing(struct db *, const char *workspace_key, struct incident_list *,
                      struct err *) MUST_CHECK;
/* The open ones about just this workspace. */
int incidents_about(struct db *, const char *workspace_key, struct incident_list *,
                    struct err *) MUST_CHECK;

int incidents_add(struct db *, const struct incident *, struct err *) MUST_CHECK;
/* The first that was added with this cause from five minutes before `at` to five
 * minutes after, and is open or leads one that is: 1, its id; 0; -1. */
int incidents_lead(struct db *, const char *cause, int64_t at, char id[ID_SIZE],
                   struct err *) MUST_CHECK;
/* How many it leads, counted up to `max`; -1. */
int64_t incidents_led_count(struct db *, const char *lead_id, int64_t max, struct err *);
/* It and those it leads, it first. */
int incidents_led(struct db *, const char *lead_id, struct incident_list *,
                  struct err *) MUST_CHECK;
int incidents_update(struct db *, const struct incident *, struct err *) MUST_CHECK;
/* Its ack_* alone, which incidents_update() leaves as they are. */
int incidents_acknowledge(struct db *, const struct incident *, struct err *) MUST_CHECK;

/* Affected first, then by name. */
int incidents_rows(struct db *, const char *incident_id, struct incident_rows *,
                   struct err *) MUST_CHECK;
/* Those of an incident and of all that it leads, by incident. */
int incidents_rows_led(struct db *, const char *lead_id, struct incident_rows *,
                       struct err *) MUST_CHECK;
/* Those of one workspace, by bucket. */
int incidents_rows_of(struct db *, const char *incident_id, const char *workspace_key,
                      struct incident_rows *, struct err *) MUST_CHECK;
int incidents_row_put(struct db *, const char *incident_id, const struct incident_row *,
                      struct err *) MUST_CHECK;
int incidents_row_drop(struct db *, const char *incident_id, const struct incident_row *,
                       struct err *) MUST_CHECK;
int incidents_rows_drop(struct db *, const char *incident_id, struct err *) MUST_CHECK;

/* The image of the worst open revocation that affects this workspace, in one
 * bucket or (NULL) any.  1: *image_key is the caller's; 0; -1. */
int incidents_revoked_image(struct db *, const char *workspace_key, const char *bucket_key,
                            char **image_key, struct err *) MUST_CHECK;
/* Does one in phase due or revoked affect it?  1, 0, -1. */
int incidents_runs_revoked(struct db *, const char *workspace_key, struct err *) MUST_CHECK;

/* event_id may be NULL. */
int incidents_note(struct db *, const char *incident_id, int64_t at, const char *what,
                   const char *event_id, struct err *) MUST_CHECK;
/* Distinct event ids, newest first, as a new JSON array cut to `max`; *total how many there are. */
/* `led`: also those of the incidents that it leads. */
int incidents_events(struct db *, const char *incident_id, bool led, size_t max, json_t **out,
                     size_t *total, struct err *) MUST_CHECK;

struct notification {
	char id[ID_SIZE];
	int64_t revision; /* 0: new, nothing was said yet */
	int64_t news;     /* the last one that said something else, not only again */
	char digest[65];  /* of what the last revision said */
};

/* Audiences are "everyone", "unowned" and "team NAME".  1 found, 0 not, -1. */
int notification_get(struct db *, const char *incident_id, const char *audience,
                     struct notification *, struct err *) MUST_CHECK;
int notification_add(struct db *, const char *incident_id, const char *audience, const char *team,
                     const struct notification *, struct err *) MUST_CHECK;
int notification_set(struct db *, const struct notification *, struct err *) MUST_CHECK;
/* What was said to one audience was said to the other from now on: 1; 0 when
 * something was said to that one itself; -1. */
int notification_take_over(struct db *, const char *incident_id, const char *audience,
                           const char *by_audience, const char *by_team, struct err *) MUST_CHECK;

/* Destinations that were told of an incident or are about to be, each with its audience. */
struct told_before {
	char *audience, *team, *destination;
};
struct told_before_list {
	struct told_before *items;
	size_t count;
};
void told_before_list_fini(struct told_before_list *);
/* Has anybody heard of it, or may have?  1, 0, -1. */
int notifications_heard(struct db *, const char *incident_id, struct err *) MUST_CHECK;
int notifications_told(struct db *, const char *incident_id, struct told_before_list *,
                       struct err *) MUST_CHECK;

/* Events of this source and kind that are still unknown or parked, counted up to `max`; -1. */
int64_t incidents_odd_events(struct db *, const char *source, const char *kind, int64_t max,
                             struct err *);

#endif

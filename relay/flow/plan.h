/*
 * plan.h - from one stored event to everything that follows from it, in one
 * transaction on the writer thread:
 *
 *	normalize      source/    the body in the relay's own words
 *	catalog        what is known of images and workspaces
 *	links          which workspace may run which bucket's images
 *	refresh        open incidents against what is known now
 *	announce       incident -> audiences -> deliveries owed
 *
 * Each plan_*.c holds one step; later steps never call earlier ones.
 */
#ifndef RELAY_FLOW_PLAN_H
#define RELAY_FLOW_PLAN_H

#include "relay/base/clock.h"
#include "relay/config/conf.h"
#include "relay/model/event.h"
#include "relay/model/incident.h"
#include "relay/model/workspace.h"
#include "relay/store/store.h"

struct hush_kept;
struct route_facts;

/* Who looks on while events are planned: `explain`.  Nobody in a relay. */
struct plan_watch {
	/* This incident is announced: routes are asked what these facts (all
	 * borrowed) lead to.  May be called more than once for one event. */
	void (*routed)(void *arg, const struct incident *, const struct route_facts *);
	void *arg;
};

/* What the steps share.  Borrowed by all of them. */
struct plan {
	struct db *db;
	const struct conf *conf;
	const char *event_id; /* NULL where no event is behind it (a reload) */
	const char *source;
	const struct event *event;
	int64_t received_at; /* of the event: what it tells without a time of its own was so then */
	int64_t now_ms;      /* later than that for an event that waited or is replayed */
	int64_t started_at;  /* of the relay; 0 = nobody started one */
	const struct plan_watch *watch; /* or NULL */
	struct hush_kept *hush;         /* or NULL: silences are loaded each time */
};

/* plan.c: the planner for store_open(). */
struct plan_desk;
struct plan_desk *plan_desk_new(struct conf *);
void plan_desk_free(struct plan_desk *);
/* The functions of struct planner; arg is the desk. */
int plan_event(void *desk, struct db *, const struct stored_event *, int64_t now_ms, struct err *);
int plan_park(void *desk, struct db *, const struct stored_event *, const char *reason,
              int64_t now_ms, struct err *);
/* Any thread: a new config from the next event on, whatever the store does. */
void plan_desk_configure(struct plan_desk *, struct conf *);
/* Borrowed; NULL for nobody, as at first.  Writer thread. */
void plan_desk_watch(struct plan_desk *, const struct plan_watch *);
/* Up to `limit` workspaces behind *after correlated anew under the current
 * rules, and their incidents refreshed; *after moves on.  1: more; 0: done.
 * With the first of them ("") what is owed is held by the silences of now. */
int plan_relink(struct plan_desk *, struct db *, char after[ID_SIZE], int limit, int64_t now_ms,
                struct err *) MUST_CHECK;

/* What is to be looked at again by itself (store/wakes.h). */
#define WAKE_INCIDENT "incident" /* subject: its id */
#define WAKE_REMINDER "reminder" /* the same: somebody is to hear of it again */
#define WAKE_REPLAN "replan"     /* reminders, by a new config; subject: the id they are behind */
#define WAKE_DIGEST "digest"     /* a route has collected; subject: its name */
#define WAKE_CHANNEL "channel"   /* subject: the bucket's key and the channel */
/*
 * Up to `limit` of those that are due, each undone alone when it fails, and
 * then tried again a minute later.  *next_at: when the first of the others is
 * due, 0 = none is set.  How many there were, or -1: the database failed.
 */
int plan_wakes(struct plan_desk *, struct db *, int limit, int64_t now_ms, int64_t *next_at,
               struct err *) MUST_CHECK;

/* digest_course.c: at a start and a reload, the times of digests as the config has
 * them now.  One that was missed meanwhile is told late, once. */
int plan_digests(struct plan *, struct err *) MUST_CHECK;
/* plan_digest.c: what routes collect and tell at their times. */
int plan_digest_woken(struct plan *, const char *route, struct err *) MUST_CHECK;

/* plan_image.c */
int plan_version(struct plan *, struct err *) MUST_CHECK;
int plan_assign(struct plan *, struct err *) MUST_CHECK;

/* plan_workspace.c */
int plan_runs(struct plan *, struct err *) MUST_CHECK;
int plan_assessment(struct plan *, struct err *) MUST_CHECK;
int plan_gone(struct plan *, int64_t at, struct err *) MUST_CHECK;
int plan_auto_destroy(struct plan *, struct err *) MUST_CHECK;
int plan_change_request(struct plan *, struct err *) MUST_CHECK;
/* Time has passed for an incident about it. */
int plan_workspace_woken(struct plan *, const char *workspace_key, struct err *) MUST_CHECK;
/* Remembers a workspace; links it when it is new or renamed.  `out` is the caller's. */
int plan_learn_workspace(struct plan *, struct workspace *out, struct err *) MUST_CHECK;

/* plan_owner.c */
/*
 * What the API of HCP Terraform tells of a workspace: the name of its project,
 * and its tags as struct workspace has them; NULL = that was not told.  Puts it
 * where they differ; what is open is then told to the team that owns it now.
 */
int plan_owner(struct plan *, struct workspace *, const char *project, const char *tags,
               struct err *) MUST_CHECK;

/* plan_link.c */
int plan_link_workspace(struct plan *, const struct workspace *, struct err *) MUST_CHECK;
/* The same where many are linked: `buckets` are all there are, read once. */
struct bucket_list;
int plan_link_to(struct plan *, const struct workspace *, const struct bucket_list *buckets,
                 struct err *) MUST_CHECK;
/* The first rule that links this workspace to the bucket of that key, the
 * others there are considered; NULL when none does. */
const struct conf_rule *plan_rule_between(const struct conf *, const struct bucket_list *,
                                          const char *bucket_key, const struct workspace *);
/* Makes sure the bucket is known; a new one is linked. *key is the caller's. */
int plan_learn_bucket(struct plan *, const char *bucket, const char *id, char **key,
                      struct err *) MUST_CHECK;
/* The same of a bucket that something else than HCP Packer's webhook names in full. */
struct bucket_name;
int plan_know_bucket(struct plan *, const struct bucket_name *, const char *id, char **key,
                     struct err *) MUST_CHECK;

/* refresh_*.c: bring open incidents to what is known now. */
enum refresh_open {
	REFRESH_OPEN_ONLY,    /* never opens one */
	REFRESH_FOR_SOMEBODY, /* opens one when somebody who was seen to apply is affected */
	REFRESH_AGAIN,        /* not one that nobody is affected by any more */
	REFRESH_MAY_OPEN
};
/* `only`: just this workspace's row; NULL: everyone's.  `what` is the line for
 * the timeline, or NULL. */
int refresh_revocation(struct plan *, const char *root_key, enum refresh_open,
                       const struct workspace *only, bool changed, const char *what,
                       struct err *) MUST_CHECK;
/* Told of itself only while no revocation tells of the same image. */
int refresh_deleted(struct plan *, const struct image *, enum refresh_open,
                    const struct workspace *only, struct err *) MUST_CHECK;
/* A channel against what it points at; one that points at a revoked version is
 * looked at again after the grace of the event's source, and told then. */
int refresh_channel(struct plan *, const char *bucket_key, const char *channel,
                    struct err *) MUST_CHECK;
/* All channels that point at this version now. */
int refresh_channels_at(struct plan *, const struct image *, struct err *) MUST_CHECK;
int refresh_channel_woken(struct plan *, const char *subject, struct err *) MUST_CHECK;
int refresh_superseded(struct plan *, const char *bucket_key, const char *channel,
                       enum refresh_open, const struct workspace *only, struct err *) MUST_CHECK;
/* All channels of a bucket that somebody may have stayed behind. */
int refresh_followed(struct plan *, const char *bucket_key, struct err *) MUST_CHECK;
/* All image incidents that list this workspace or now might.  `changed`: its
 * drift did, so those that list it have something new to say. */
int refresh_workspace_images(struct plan *, const struct workspace *, bool changed,
                             struct err *) MUST_CHECK;
/* An older run of it than the last came to be known: who ran what is revoked now has
 * moved off it. */
int refresh_workspace_past(struct plan *, const struct workspace *, struct err *) MUST_CHECK;
/* All open image incidents of a bucket. */
int refresh_bucket(struct plan *, const char *bucket_key, struct err *) MUST_CHECK;
/* Drift, failed checks and that there is no assessment.  `news` may be NULL in
 * these: then none is opened, and those that are open are brought to what is known. */
int refresh_assessed(struct plan *, const struct workspace *, const struct assessment_news *news,
                     struct err *) MUST_CHECK;
int refresh_run_failed(struct plan *, const struct workspace *, const struct run_news *,
                       struct err *) MUST_CHECK;
/* `run` is the newest that is known of the one in `news`. */
int refresh_run_waiting(struct plan *, const struct workspace *, const struct run *run,
                        const struct run_news *news, struct err *) MUST_CHECK;
int refresh_auto_destroy(struct plan *, const struct workspace *, const struct auto_destroy_news *,
                         struct err *) MUST_CHECK;
/* The workspace is zeroed where none is named. */
int refresh_change_request(struct plan *, const struct workspace *,
                           const struct change_request_news *, struct err *) MUST_CHECK;
/* Untracked images and wrong channels, against what it runs and is about to. */
int refresh_findings(struct plan *, const struct workspace *, struct err *) MUST_CHECK;
/* The same of all whose findings rest on what the channels of this bucket hold. */
int refresh_findings_of_bucket(struct plan *, const char *bucket_key, struct err *) MUST_CHECK;
/* All open incidents about just this workspace, and what is found of its images. */
int refresh_about(struct plan *, const struct workspace *, struct err *) MUST_CHECK;
int refresh_about_key(struct plan *, const char *workspace_key, struct err *) MUST_CHECK;
int refresh_released(struct plan *, const struct image *, struct err *) MUST_CHECK;
int refresh_unknown(struct plan *, const char *kind, const char *reason, struct err *) MUST_CHECK;

/* refresh_wake.c: an open incident, by id, against what time has made of it. */
int refresh_woken(struct plan *, const char *incident_id, struct err *) MUST_CHECK;

/* settle.c: open, change or close one incident and announce it. */
/*
 * incident->id is "" for one that does not exist yet; its key, kind, subject
 * and detail are set.  `rows` are all rows as they are to be (those that are new or
 * differ were written by the caller when the incident exists; settle writes all
 * of a new one).  `changed`: something beyond the judgement did.
 */
int settle_incident(struct plan *, struct incident *, struct incident_rows *rows, struct judgement,
                    bool changed, const char *what, struct err *) MUST_CHECK;

/* remind.c: says again what is due to be said again, and ends an acknowledgement
 * that has run out. */
int remind_woken(struct plan *, const char *incident_id, struct err *) MUST_CHECK;
/* After another config: when incidents behind this id are to be told again. */
int remind_replan(struct plan *, const char *after, struct err *) MUST_CHECK;

/* announce_incident.c: who hears of it, and what each destination is owed.  What
 * is told with many others is told with them a moment later, by a wake. */
int announce_incident(struct plan *, const struct incident *, struct incident_rows *,
                      struct err *) MUST_CHECK;
#define WAKE_GROUP "group" /* subject: the incident that leads them */
int announce_group_woken(struct plan *, const char *lead_id, struct err *) MUST_CHECK;
/* announce_image.c: the image object of an incident, or NULL.  New references;
 * cut may be NULL. */
int announce_image(struct plan *, const struct incident *, json_t **image, json_t **cut,
                   struct err *) MUST_CHECK;

/* refresh_sink.c: destinations that do not take what they are sent. */
struct delivered { /* what became of a delivery; borrowed */
	const char *destination, *sink, *sink_kind;
	const char *reason;     /* what the other side said, or NULL */
	const json_t *document; /* that was sent */
	bool sent, given_up;
	bool troubled; /* the destination is blocked or failing, or was until now */
};
/* Once that is written down, in the same transaction. */
int plan_delivered(struct plan *, const struct delivered *, struct err *) MUST_CHECK;
/* Gives up what was owed for too long, as queue_expire() does, and tells of it.
 * How many, or -1. */
int64_t plan_expire(struct plan *, struct err *) MUST_CHECK;
/* Closes those about destinations that the config has no more. */
int plan_sinks(struct plan *, struct err *) MUST_CHECK;
#define SINK_FAILING_MS (5 * MINUTE_MS)
#define WAKE_SINK "sink" /* subject: the destination */
int refresh_sink(struct plan *, const char *destination, struct err *) MUST_CHECK;

/* refresh_source.c: sources that should be heard of more often. */
#define WAKE_SOURCE "source" /* subject: its name */
int refresh_source(struct plan *, const char *source, struct err *) MUST_CHECK;
/* All of the config, and those that it has no more. */
int plan_sources(struct plan *, struct err *) MUST_CHECK;
/* An event of plan->source: it is silent no longer. */
int plan_heard(struct plan *, struct err *) MUST_CHECK;

#endif

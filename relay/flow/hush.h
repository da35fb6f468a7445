/*
 * hush.h - silences at work: until when what is said of an incident is held.
 *
 * Those of the config and those of the API count alike.  What is held is owed
 * as ever and due when the silence ends, so meanwhile newer revisions take the
 * place of older ones, and what was put right by then says nothing (contract
 * section 8).  Writer thread.
 */
#ifndef RELAY_FLOW_HUSH_H
#define RELAY_FLOW_HUSH_H

#include "relay/flow/plan.h"
#include "relay/model/silence.h"
#include "relay/store/silences.h"

struct hush { /* all there are, as of then */
	struct stored_silence_list stored;
	struct silence *all;
	size_t count;
	char **ids; /* of those of the config, made up */
	size_t id_count;
	bool asks_channels; /* one of them matches by channel */
};
/* Of a zeroed *hush; the caller calls hush_fini() in each case. */
int hush_load(struct hush *, struct plan *, struct err *) MUST_CHECK;
void hush_fini(struct hush *);

/*
 * Keeps them loaded over plans for as long as they are the same: to read a
 * thousand of the API's takes 5 ms, and each announcement asks.  One of a desk;
 * writer thread.
 */
struct hush_kept;
struct hush_kept *hush_kept_new(void);
/* Before the config goes whose windows are among them. */
void hush_kept_forget(struct hush_kept *);
void hush_kept_free(struct hush_kept *); /* NULL is fine */

/* The id that a window of the config goes by; the caller frees. */
#define HUSH_CONFIG_ID "config:"
char *hush_config_id(const struct conf_silence *);

struct silence stored_silence_of(const struct stored_silence *); /* borrows */

struct held {
	int64_t until; /* 0: not */
	char by[80];   /* the silence that ends last */
	bool was;      /* something is owed of it and held just so already */
};
/* What is told as that incident with those rows, whose teams are set. */
int hush_of(struct plan *, const struct incident *, const struct incident_rows *, struct held *out,
            struct err *) MUST_CHECK;
/* After what follows is owed: a line for its timeline, where something is held
 * that was not. */
int hush_note(struct plan *, const char *incident_id, const struct held *, struct err *) MUST_CHECK;

/*
 * Holds and lets go what is owed, by the silences there are now: after a
 * change of them, and when one begins; sets the wake for the next that begins.
 * Of very much the first at once, and the others by a wake that goes on behind
 * an incident, a turn for each page, so that no accept waits for all of it.
 */
#define WAKE_SILENCE "silence" /* subject: the incident it is behind, or "" */
int hush_apply(struct plan *, struct err *) MUST_CHECK;
int hush_woken(struct plan *, const char *after, struct err *) MUST_CHECK;

/* By hand, with what follows from it.  As silences_add() and silences_drop(). */
int hush_add(struct db *, const struct conf *, struct stored_silence *, int64_t now_ms,
             struct err *) MUST_CHECK;
int hush_drop(struct db *, const struct conf *, const char *id, int64_t now_ms,
              struct err *) MUST_CHECK;

#endif

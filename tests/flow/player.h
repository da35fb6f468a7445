/*
 * player.h - plays a story: a store of its own, a config, and a clock that
 * only the story moves.  The relay's own functions do the work, in the order
 * the relay calls them; only threads, listeners and sockets are left out.
 */
#ifndef TESTS_FLOW_PLAYER_H
#define TESTS_FLOW_PLAYER_H

#include "relay/config/conf.h"
#include "relay/flow/plan.h"
#include "relay/store/db.h"
#include "tests/flow/heard.h"
#include "tests/flow/payload.h"
#include "tests/flow/record.h"
#include "tests/flow/story.h"

struct player {
	const char *directory; /* of the story; borrowed */
	char *home;            /* a temporary one: store, keys */
	struct db *db;
	struct conf *conf;
	struct plan_desk *desk;
	int64_t now_ms;
	struct record record;
	bool shows; /* the story has the word `shown` */
	struct buf shown;
	int events;                       /* so far */
	int messages;                     /* since the last `expect` */
	char *down;                       /* the sink that cannot deliver now, or NULL */
	char *refuses;                    /* the sink that takes nothing, or NULL */
	bool settled;                     /* anything, in this round of deliveries */
	int refusal;                      /* enum outcome: what it says instead */
	char *silence;                    /* the id of the one made last, or NULL */
	const struct story_line *heading; /* its messages come next and it was not written yet */
	bool one_transaction;             /* the caller's; for many rounds on one store */
	bool unchecked;                   /* `expect` is not asked */
	struct heard heard;

	/* Where the play is, for who ends it there. */
	const struct story_line *line;
	int64_t line_began_ms;
	int line_commits, line_events; /* in this line; events before it */
	size_t line_ids;               /* the record's before it */
	char newest[ID_SIZE];          /* event */
	bool again;                    /* the sender had no answer and sends it once more */
	bool sending;                  /* a message went out and that is not written down yet */
	/* Right before and right after a commit that changes something; or NULL. */
	void (*on_commit)(struct player *, bool before);
	void *on_commit_arg;
	int64_t changes; /* player_begin() found */
};

#define PARKED_WHY "planning failed"

void player_init(struct player *, const char *directory);
void player_fini(struct player *);
void player_play(struct player *, const struct story_line *);

/* One event, received now.  Answers its id, or "" when it was not stored
 * (a verification, a duplicate). */
void player_receive(struct player *, const struct story_line *, const char *source,
                    const char *body, size_t len, char id[ID_SIZE]);
/* The same, of a line with a payload verb. */
void player_receive_line(struct player *, const struct story_line *);
/* Which configured source such a line comes by. */
const char *player_source(const struct player *, const struct story_line *, const char *kind);

/* deliver.c: what is due up to `until`, each at its time; the clock is there then. */
void player_deliver(struct player *, const struct story_line *, int64_t until);

/* restart.c */
void player_open_store(struct player *);
/* What a start does on the store at player->home. */
void player_restart(struct player *, const struct story_line *);
/* What a start and a reload do to the queue, and to the workspaces known. */
void player_tidy_queue(struct player *, const struct story_line *, bool start);
void player_relink(struct player *, const struct story_line *);

/* The id behind evt#1, inc#1: by the order they came in. */
const char *player_id(const struct player *, const struct story_line *, const char *name);

/* reading.c: the verbs "plan" and "state"; and the same of one told at another time
 * than it is read at. */
bool player_reads(const struct story_line *);
void player_reading(struct player *, const struct story_line *);
void player_reading_of(struct player *, const struct story_line *, int64_t told_at);
/* owner.c: the verb "owner" */
void player_owner(struct player *, const struct story_line *);

/* details.c: the verbs "details" and "stopped-by" */
void player_details(struct player *, const struct story_line *);

/* acknowledge.c */
void player_acknowledge(struct player *, const struct story_line *);
/* silence.c: the verbs "silence" and "unsilence" */
void player_silence(struct player *, const struct story_line *);
void player_unsilence(struct player *, const struct story_line *);

/* home.c */
struct conf *home_config(const char *home, const char *directory, const char *name);
char *home_make(void);
void home_remove(char *home); /* and frees it */

/* ending.c: what is open, one line each, sorted; the caller frees. */
enum ending {
	ENDING_WHOLE,
	ENDING_AFFECTED, /* no matter how it came to be */
	/* Of what has somebody affected, who: what else is said of them, and that
	 * nobody is, may have been concluded before all that came was there. */
	ENDING_WHO
};
char *ending_text(struct db *, const struct conf *, enum ending);
/* Adds the texts in order and frees them. */
void ending_add_sorted(struct buf *out, char **texts, size_t count);

/* What was stored is planned again, as if by hand; most has nothing to be replayed of. */
void player_replay(struct player *, const struct story_line *, const char *id);

void player_begin(struct player *, const struct story_line *);
void player_commit(struct player *, const struct story_line *);

#endif

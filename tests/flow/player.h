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
	int events;                       /* so far */
	int messages;                     /* since the last `expect` */
	char *down;                       /* the sink that cannot deliver now, or NULL */
	const struct story_line *heading; /* its messages come next and it was not written yet */
	bool one_transaction;             /* the caller's; for many rounds on one store */
};

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

/* home.c */
struct conf *home_config(const char *home, const char *directory, const char *name);
char *home_make(void);
void home_remove(char *home); /* and frees it */

/* ending.c: what is open, one line each, sorted; the caller frees. */
enum ending { ENDING_WHOLE, ENDING_AFFECTED /* no matter how it came to be */ };
char *ending_text(struct db *, const struct conf *, enum ending);

void player_begin(struct player *, const struct story_line *);
void player_commit(struct player *, const struct story_line *);

#endif

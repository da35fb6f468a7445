#include "tests/flow/shuffle.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "relay/base/clock.h"
#include "relay/base/mem.h"

/* One event of the story, as it would arrive; without a body, what was read. */
struct arrival {
	const struct story_line *line;
	const char *source;
	char *body;
	int64_t told_at; /* when it arrives in the story itself */
};

struct arrivals {
	struct arrival *items;
	size_t count;
};

static void
collect(struct arrivals *all, const struct player *player, const struct story *story)
{
	int64_t now_ms = 0;

	*all = (struct arrivals){0};
	for (size_t i = 0; i < story->count; i++) {
		const struct story_line *line = &story->lines[i];
		const struct payload_verb *verb = payload_verb_of(line->words[0]);
		struct arrival *arrival;
		json_t *body;

		if (strcmp(line->words[0], "at") == 0)
			now_ms = line_time(line, line_word(line, 1), now_ms);
		else if (line->words[0][0] == '+')
			now_ms = line_time(line, line->words[0], now_ms);
		if (verb == NULL && !player_reads(line))
			continue;
		all->items = mem_grow(all->items, all->count + 1, sizeof(*all->items));
		arrival = &all->items[all->count++];
		*arrival = (struct arrival){.line = line, .told_at = now_ms};
		if (verb == NULL)
			continue;
		body = verb->compose(line, now_ms, (int)all->count);
		*arrival =
			(struct arrival){.line = line,
		                         .source = player_source(player, line, verb->source_kind),
		                         .body = json_dumps(body, JSON_COMPACT),
		                         .told_at = now_ms};
		json_decref(body);
	}
}

static void
arrivals_fini(struct arrivals *all)
{
	for (size_t i = 0; i < all->count; i++)
		free(all->items[i].body);
	free(all->items);
}

/* Which of them come, and in which order. */
struct order {
	size_t *items, count;
	enum ending ending; /* what is asked of it */
};

/* What is held against each other. */
struct outcome {
	char *end;    /* what is open */
	char *opened; /* where what was told as opened, sorted */
	char *fault;  /* against what must hold in any order; NULL */
};

static void
outcome_fini(struct outcome *outcome)
{
	free(outcome->end);
	free(outcome->opened);
	free(outcome->fault);
}

static void
receive(struct player *player, const struct arrival *arrival, char id[ID_SIZE])
{
	id[0] = '\0';
	if (arrival->body == NULL)
		player_reading_of(player, arrival->line, arrival->told_at);
	else
		player_receive(player, arrival->line, arrival->source, arrival->body,
		               strlen(arrival->body), id);
}

static char *
opened_text(const struct heard *heard, enum ending ending)
{
	char **texts = mem_array(heard->count + 1, sizeof(*texts));
	size_t count = 0;
	struct buf out = {0};

	for (size_t i = 0; i < heard->count; i++) {
		const struct heard_message *message = &heard->items[i];

		if (strcmp(message->reason, "opened") == 0 &&
		    (ending != ENDING_WHO || message->affected > 0))
			texts[count++] = mem_fmt("opened: %s\n", message->subject);
	}
	ending_add_sorted(&out, texts, count);
	buf_add(&out, "", 0);
	return out.data != NULL ? buf_take(&out) : mem_str("");
}

static char *
told_twice(const struct heard *heard)
{
	for (size_t i = 0; i < heard->count; i++)
		for (size_t k = 0; k < i; k++)
			if (strcmp(heard->items[i].notification, heard->items[k].notification) ==
			            0 &&
			    strcmp(heard->items[i].lane, heard->items[k].lane) == 0)
				return mem_fmt("told twice:%s%s", heard->items[k].text,
				               heard->items[i].text);
	return NULL;
}

/* Nothing new is known: whoever speaks says something again. */
static char *
told_again(struct player *player, const struct arrival *last, const char *why)
{
	size_t before = player->heard.count;

	player_deliver(player, last->line, player->now_ms);
	return player->heard.count > before
	               ? mem_fmt("told because of %s:%s", why, player->heard.items[before].text)
	               : NULL;
}

#define MUCH_LATER_MS (40 * DAY_MS)

static char *
repeat(struct player *player, const struct arrivals *all, const struct order *order,
       char (*ids)[ID_SIZE], const char *when)
{
	const struct arrival *last = &all->items[all->count - 1];
	char id[ID_SIZE], *fault;

	for (size_t i = 0; i < order->count; i++)
		receive(player, &all->items[order->items[i]], id);
	fault = told_again(player, last, when);
	for (size_t i = 0; fault == NULL && i < order->count; i++)
		if (ids[i][0] != '\0')
			player_replay(player, last->line, ids[i]);
	if (fault == NULL)
		fault = told_again(player, last, "a replay");
	if (fault == NULL) {
		player_tidy_queue(player, last->line, true);
		player_relink(player, last->line);
		fault = told_again(player, last, "a start");
	}
	return fault;
}

/* All are known before the first message goes out, and then come again. */
static void
tell_all(struct player *player, const struct arrivals *all, const struct order *order,
         char (*ids)[ID_SIZE], struct outcome *out)
{
	const struct story_line *last = all->items[all->count - 1].line;

	player_deliver(player, last, player->now_ms);
	out->opened = opened_text(&player->heard, order->ending);
	out->fault = told_twice(&player->heard);
	if (out->fault == NULL)
		out->fault = repeat(player, all, order, ids, "a repetition");
	player_deliver(player, last, player->now_ms + MUCH_LATER_MS);
	if (out->fault == NULL)
		out->fault = repeat(player, all, order, ids, "a repetition much later");
}

/* Plays them on an empty store.  Received when the story says, or (late) all
 * after its end; then they are also told. */
static void
outcome_of(struct player *player, const struct arrivals *all, const struct order *order, bool late,
           struct outcome *out)
{
	int64_t end = all->items[all->count - 1].told_at;
	char(*ids)[ID_SIZE] = mem_array(all->count, sizeof(*ids));
	struct err err;

	*out = (struct outcome){0};
	if (db_begin(player->db, &err) != 0)
		mem_die(err.text);
	player->one_transaction = true;
	for (size_t i = 0; i < order->count; i++) {
		const struct arrival *arrival = &all->items[order->items[i]];

		player->now_ms = late ? end + (int64_t)(i + 1) : arrival->told_at;
		receive(player, arrival, ids[i]);
	}
	out->end = ending_text(player->db, player->conf, order->ending);
	player->now_ms = end + MINUTE_MS;
	if (late)
		tell_all(player, all, order, ids, out);
	db_rollback(player->db);
	record_fini(&player->record);
	player->record = (struct record){0};
	heard_fini(&player->heard);
	free(ids);
}

static void
mix(struct order *order, unsigned *seed)
{
	for (size_t i = order->count; i > 1; i--) {
		size_t k = (size_t)rand_r(seed) % i, was = order->items[i - 1];

		order->items[i - 1] = order->items[k];
		order->items[k] = was;
	}
}

/* The story's own order, every `lost` one of them lost by chance; 0: none. */
static void
in_order(struct order *order, const struct arrivals *all, int lost, unsigned *seed)
{
	order->count = 0;
	order->ending = lost == 0 ? ENDING_AFFECTED : ENDING_WHO;
	for (size_t i = 0; i < all->count; i++)
		if (lost == 0 || rand_r(seed) % lost != 0)
			order->items[order->count++] = i;
}

static bool
same(const char *a, const char *b)
{
	return a == NULL || b == NULL || strcmp(a, b) == 0;
}

/* 0, or 1 after telling what is wrong with `got`. */
static int
compare(const struct arrivals *all, const struct order *order, const struct outcome *expected,
        const struct outcome *got)
{
	if (got->fault == NULL && same(expected->end, got->end) &&
	    same(expected->opened, got->opened))
		return 0;
	printf("In this order:\n");
	for (size_t i = 0; i < order->count; i++)
		printf("\t%s\n", all->items[order->items[i]].line->text);
	if (got->fault != NULL)
		printf("%s\n", got->fault);
	else
		printf("expected:\n%s%sgot:\n%s%s", expected->end,
		       expected->opened != NULL ? expected->opened : "", got->end,
		       got->opened != NULL ? got->opened : "");
	return 1;
}

static unsigned
seed_of_the_day(void)
{
	const char *given = getenv("DRIFTBELL_SEED");
	struct timespec now;

	if (given != NULL)
		return (unsigned)strtoul(given, NULL, 10);
	clock_gettime(CLOCK_REALTIME, &now);
	return (unsigned)now.tv_sec ^ (unsigned)now.tv_nsec;
}

#define LOST_ONE_OF 5 /* in every other round */

static int
shuffle_rounds(struct player *player, const struct arrivals *all, int rounds)
{
	unsigned seed = seed_of_the_day();
	struct order order = {.items = mem_array(all->count, sizeof(*order.items))};
	struct outcome expected, in_time, got;
	int rc = 0;

	printf("DRIFTBELL_SEED=%u\n", seed);
	in_order(&order, all, 0, &seed);
	outcome_of(player, all, &order, false, &in_time);
	for (int round = 0; rc == 0 && round < rounds; round++) {
		bool whole = round % 2 == 0;

		in_order(&order, all, whole ? 0 : LOST_ONE_OF, &seed);
		outcome_of(player, all, &order, true, &expected);
		rc = compare(all, &order, whole ? &in_time : &expected, &expected);
		mix(&order, &seed);
		outcome_of(player, all, &order, true, &got);
		if (rc == 0)
			rc = compare(all, &order, &expected, &got);
		outcome_fini(&expected);
		outcome_fini(&got);
	}
	outcome_fini(&in_time);
	free(order.items);
	return rc;
}

int
shuffle_story(const char *directory, int rounds)
{
	struct story story;
	struct player player;
	struct arrivals all;
	int rc;

	story_read(&story, directory);
	player_init(&player, directory);
	collect(&all, &player, &story);
	if (all.count == 0)
		mem_die("a story without events");
	rc = shuffle_rounds(&player, &all, rounds);
	arrivals_fini(&all);
	player_fini(&player);
	story_fini(&story);
	return rc;
}

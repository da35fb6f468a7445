#include "tests/flow/shuffle.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "relay/base/clock.h"
#include "relay/base/mem.h"

/* One event of the story, as it would arrive. */
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
		if (verb == NULL)
			continue;
		all->items = mem_grow(all->items, all->count + 1, sizeof(*all->items));
		arrival = &all->items[all->count++];
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

/* Plays them in this order on an empty store and says how it ends.  Received
 * when the story says, or (late) all after its end. */
static char *
end_of(struct player *player, const struct arrivals *all, const size_t *order, bool late)
{
	int64_t end = all->items[all->count - 1].told_at;
	struct err err;
	char *text;

	if (db_begin(player->db, &err) != 0)
		mem_die(err.text);
	player->one_transaction = true;
	for (size_t i = 0; i < all->count; i++) {
		const struct arrival *arrival = &all->items[order[i]];
		char id[ID_SIZE];

		player->now_ms = late ? end + (int64_t)(i + 1) * SECOND_MS : arrival->told_at;
		player_receive(player, arrival->line, arrival->source, arrival->body,
		               strlen(arrival->body), id);
	}
	text = ending_text(player->db, player->conf, ENDING_AFFECTED);
	db_rollback(player->db);
	return text;
}

static void
mix(size_t *order, size_t count, unsigned *seed)
{
	for (size_t i = count; i > 1; i--) {
		size_t k = (size_t)rand_r(seed) % i, was = order[i - 1];

		order[i - 1] = order[k];
		order[k] = was;
	}
}

static void
tell(const struct arrivals *all, const size_t *order, const char *expected, const char *got)
{
	printf("In this order:\n");
	for (size_t i = 0; i < all->count; i++)
		printf("\t%s\n", all->items[order[i]].line->text);
	printf("expected:\n%sgot:\n%s", expected, got);
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

static int
shuffle_rounds(struct player *player, const struct arrivals *all, int rounds)
{
	unsigned seed = seed_of_the_day();
	size_t *order = mem_array(all->count, sizeof(*order));
	char *expected;
	int rc = 0;

	printf("DRIFTBELL_SEED=%u\n", seed);
	for (size_t i = 0; i < all->count; i++)
		order[i] = i;
	expected = end_of(player, all, order, false);
	for (int round = 0; rc == 0 && round < rounds; round++) {
		char *got;

		mix(order, all->count, &seed);
		got = end_of(player, all, order, true);
		if (strcmp(got, expected) != 0) {
			printf("round %d\n", round);
			tell(all, order, expected, got);
			rc = 1;
		}
		free(got);
	}
	free(expected);
	free(order);
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

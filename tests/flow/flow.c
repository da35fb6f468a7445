/*
 * Plays the story of one directory, from webhook bytes to what each sink got,
 * and compares that with the directory's `messages` (and `shown`: shown.h).
 *
 *	flow DIRECTORY                       with DRIFTBELL_GOLDEN=write it is written anew
 *	flow --any-order DIRECTORY [ROUNDS]  shuffle.h
 *	flow --killed DIRECTORY...           killed at its commits it ends in the same;
 *	                                     $DRIFTBELL_KILLS how often a story (0 = at each)
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "relay/base/log.h"
#include "relay/base/mem.h"
#include "tests/flow/killed.h"
#include "tests/flow/shuffle.h"

#define ROUNDS 50
#define KILLS 8
#define CONTEXT 6

/* What its sinks got; *shown (the caller's too) is that as they sent it, or empty. */
static char *
play(const char *directory, char **shown)
{
	struct story story;
	struct player player;
	char *end, *text;
	struct err err;

	story_read(&story, directory);
	player_init(&player, directory);
	for (size_t i = 0; i < story.count; i++)
		player_play(&player, &story.lines[i]);
	if (db_begin(player.db, &err) != 0)
		mem_die(err.text);
	end = ending_text(player.db, player.conf, ENDING_WHOLE);
	db_rollback(player.db);
	record_line(&player.record, "\n== at the end");
	record_text(&player.record, end);
	text = buf_take(&player.record.text);
	*shown = player.shows ? buf_take(&player.shown) : NULL;
	free(end);
	player_fini(&player);
	story_fini(&story);
	return text;
}

static void
print_from(const char *what, const char *text)
{
	printf("%s:\n", what);
	for (int i = 0; i < 2 * CONTEXT && *text != '\0'; i++) {
		size_t len = strcspn(text, "\n");

		printf("\t%.*s\n", (int)len, text);
		text += len + (text[len] == '\n');
	}
}

/* The start of the line that is `lines` before `at`. */
static size_t
back(const char *text, size_t at, int lines)
{
	while (at > 0 && (text[at - 1] != '\n' || lines-- > 0))
		at--;
	return at;
}

static int
compare(const char *directory, const char *name, const char *golden, const char *got)
{
	size_t same = 0;
	int line = 1;

	if (strcmp(golden, got) == 0)
		return 0;
	for (; golden[same] != '\0' && golden[same] == got[same]; same++)
		line += golden[same] == '\n';
	printf("%s/%s:%d: the sinks got something else\n", directory, name, line);
	print_from("expected", golden + back(golden, same, CONTEXT));
	print_from("got", got + back(got, same, CONTEXT));
	return 1;
}

static int
write_golden(const char *directory, const char *name, const char *text)
{
	char *path = mem_fmt("%s/%s", directory, name);
	FILE *file = fopen(path, "w");
	int rc = 0;

	if (file == NULL || fputs(text, file) < 0) {
		perror(path);
		rc = 1;
	}
	if (file != NULL)
		fclose(file);
	free(path);
	return rc;
}

static int
hold_to_golden(const char *directory, const char *name, const char *got)
{
	const char *golden = getenv("DRIFTBELL_GOLDEN");
	char *expected;
	int rc;

	if (golden != NULL && strcmp(golden, "write") == 0)
		return write_golden(directory, name, got);
	expected = story_file(directory, name, NULL);
	rc = compare(directory, name, expected, got);
	free(expected);
	return rc;
}

static int
play_and_compare(const char *directory)
{
	char *shown, *got = play(directory, &shown);
	int rc = hold_to_golden(directory, "messages", got);

	if (rc == 0 && shown != NULL)
		rc = hold_to_golden(directory, "shown", shown);
	free(shown);
	free(got);
	return rc;
}

static int
kill_stories(char **directories)
{
	const char *given = getenv("DRIFTBELL_KILLS");
	int kills = given != NULL ? atoi(given) : KILLS, rc = 0;

	for (; *directories != NULL; directories++)
		rc |= killed_story(*directories, kills);
	return rc;
}

int
main(int argc, char **argv)
{
	bool any_order = argc > 2 && strcmp(argv[1], "--any-order") == 0;

	log_level_set(LOG_ERROR);
	if (any_order)
		return shuffle_story(argv[2], argc > 3 ? atoi(argv[3]) : ROUNDS);
	if (argc > 2 && strcmp(argv[1], "--killed") == 0)
		return kill_stories(argv + 2);
	if (argc != 2) {
		fprintf(stderr, "usage: flow [--any-order|--killed] DIRECTORY [ROUNDS]\n");
		return 2;
	}
	return play_and_compare(argv[1]);
}

#include "tests/flow/killed.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "relay/base/mem.h"
#include "tests/flow/player.h"

struct killing {
	const struct story *story;
	const struct heard *expected;
	const char *expected_end;
	int moments; /* before and after the commits */
	int every, seen;
	int faults;
};

static char *
end_of(struct player *player)
{
	char *end;
	struct err err;

	if (db_begin(player->db, &err) != 0)
		mem_die(err.text);
	end = ending_text(player->db, player->conf, ENDING_WHOLE);
	db_rollback(player->db);
	return end;
}

static void
copy_file(const char *from_dir, const char *to_dir, const char *name)
{
	char *to = mem_fmt("%s/%s", to_dir, name);
	size_t len;
	char *text = story_file(from_dir, name, &len);
	FILE *file = fopen(to, "w");

	if (file == NULL || fwrite(text, 1, len, file) != len || fclose(file) != 0) {
		perror(to);
		exit(1);
	}
	free(text);
	free(to);
}

/* What a dead relay leaves: not its lock, nor what it shared in memory. */
static char *
copy_home(const char *home)
{
	static const char *const left[] = {"store.db", "store.db-wal"};
	char *copy = home_make();

	for (size_t i = 0; i < COUNT(left); i++) {
		char *path = mem_fmt("%s/%s", home, left[i]);

		if (access(path, F_OK) == 0)
			copy_file(home, copy, left[i]);
		free(path);
	}
	return copy;
}

static bool
is_time(const struct story_line *line)
{
	return line->words[0][0] == '+' || strcmp(line->words[0], "at") == 0 ||
	       strcmp(line->words[0], "stopped") == 0;
}

/* Whoever had no answer asks again; what had been answered goes on. */
static void
finish_line(struct player *player, const struct story_line *line, bool answered)
{
	int64_t until = player->now_ms;

	if (is_time(line)) {
		until = line_time(line, line->words[line->words[0][0] != '+'],
		                  player->line_began_ms);
	} else if (!answered) {
		player->again = true;
		player->events = player->line_events;
		player->record.count = player->line_ids;
		player_play(player, line);
		player->again = false;
		return;
	}
	player_deliver(player, line, until);
}

static bool
ended_the_same(const struct player *player, const struct killing *killing, const char *end,
               long in_flight)
{
	char *what;

	if (!heard_same(killing->expected, &player->heard, in_flight, &what)) {
		printf("%s\n", what);
		free(what);
		return false;
	}
	if (strcmp(end, killing->expected_end) == 0)
		return true;
	printf("expected at the end:\n%sgot:\n%s", killing->expected_end, end);
	return false;
}

/* In a process of its own, which ends with this. */
static _Noreturn void
live_again(struct player *player, const struct killing *killing, bool before, char *home)
{
	const struct story_line *line = player->line, *killed_in = line;
	bool answered = player->line_commits > 0;
	int commit = player->line_commits + 1;
	long in_flight = before && player->sending ? (long)player->heard.count - 1 : -1;
	bool same;
	char *end;

	player->on_commit = NULL;
	player->unchecked = true;
	player->sending = false;
	player->home = home; /* the old store is left to the process that plays on */
	player_restart(player, line);
	finish_line(player, line, answered);
	for (line++; line < killing->story->lines + killing->story->count; line++)
		player_play(player, line);
	end = end_of(player);
	same = ended_the_same(player, killing, end, in_flight);
	if (!same)
		printf("%s:%d: killed %s commit %d of the line\n\t%s\n\n", killed_in->path,
		       killed_in->number, before ? "before" : "after", commit, killed_in->text);
	fflush(stdout);
	db_close(player->db);
	home_remove(home);
	_exit(same ? 0 : 1);
}

/* Is it this one's turn?  They are spread evenly. */
static bool
is_chosen(struct killing *killing)
{
	return killing->seen++ % killing->every == 0;
}

static void
on_commit(struct player *player, bool before)
{
	struct killing *killing = player->on_commit_arg;
	int status;
	pid_t child;
	char *home;

	if (killing->expected == NULL)
		killing->moments++;
	if (killing->expected == NULL || !is_chosen(killing))
		return;
	home = copy_home(player->home);
	fflush(NULL);
	child = fork();
	if (child < 0)
		mem_die("cannot fork");
	if (child == 0)
		live_again(player, killing, before, home);
	free(home);
	if (waitpid(child, &status, 0) != child || !WIFEXITED(status) || WEXITSTATUS(status) != 0) {
		if (WIFSIGNALED(status))
			printf("it ended with signal %d\n", WTERMSIG(status));
		killing->faults++;
	}
}

/* Once through; what was heard is the caller's. */
static char *
play(const char *directory, struct killing *killing, struct heard *heard)
{
	struct player player;
	char *end;

	player_init(&player, directory);
	player.on_commit = on_commit;
	player.on_commit_arg = killing;
	for (size_t i = 0; i < killing->story->count; i++)
		player_play(&player, &killing->story->lines[i]);
	end = end_of(&player);
	*heard = player.heard;
	player.heard = (struct heard){0};
	player_fini(&player);
	return end;
}

static bool
counts_from_start(const struct story *story)
{
	for (size_t i = 0; i < story->count; i++)
		if (strcmp(story->lines[i].words[0], "since-start") == 0)
			return true;
	return false;
}

int
killed_story(const char *directory, int kills)
{
	struct story story;
	struct heard expected, again;
	struct killing killing = {.story = &story, .every = 1};
	char *end, *end_again;

	story_read(&story, directory);
	if (counts_from_start(&story)) {
		story_fini(&story);
		return 0;
	}
	end = play(directory, &killing, &expected);
	if (kills > 0 && killing.moments > kills)
		killing.every = ((killing.moments + kills - 1) / kills) | 1; /* of both sorts */
	killing.expected = &expected;
	killing.expected_end = end;
	end_again = play(directory, &killing, &again);
	printf("%s: %d moments, killed at every %d.\n", directory, killing.moments, killing.every);
	free(end_again);
	free(end);
	heard_fini(&expected);
	heard_fini(&again);
	story_fini(&story);
	return killing.faults > 0;
}

/* What a relay does when it starts on a store, in the order it does it. */
#include <stdlib.h>
#include <string.h>

#include "relay/base/mem.h"
#include "relay/flow/addresses.h"
#include "relay/store/events.h"
#include "relay/store/planning.h"
#include "relay/store/queue.h"
#include "tests/flow/player.h"

#define RELINK_AT_ONCE 2 /* few, so that it takes several pages */

void
player_open_store(struct player *player)
{
	char *url = mem_fmt("sqlite:%s/store.db", player->home);
	struct err err;

	if (db_open(&player->db, url, DB_WRITE, &err) != 0)
		mem_die(err.text);
	free(url);
}

void
player_tidy_queue(struct player *player, const struct story_line *line, bool start)
{
	struct queue_sinks sinks = sinks_of_config(player->conf);
	struct plan plan = {.db = player->db, .conf = player->conf, .now_ms = player->now_ms};
	struct err err;

	player_begin(player, line);
	if ((start && queue_release_all(player->db, &err) != 0) ||
	    queue_follow(player->db, &sinks, player->now_ms, &err) < 0 ||
	    queue_probe_blocked(player->db, &err) != 0 || plan_expire(&plan, &err) < 0)
		line_fail(line, "tidying the queue: %s", err.text);
	player_commit(player, line);
	queue_sinks_fini(&sinks);
}

void
player_relink(struct player *player, const struct story_line *line)
{
	char after[ID_SIZE] = "";
	struct err err;
	int more;

	do {
		player_begin(player, line);
		more = plan_relink(player->desk, player->db, after, RELINK_AT_ONCE, player->now_ms,
		                   &err);
		if (more < 0)
			line_fail(line, "relink: %s", err.text);
		player_commit(player, line);
	} while (more == 1);
}

/* One that a story calls parked failed before, and fails again. */
struct backlog {
	struct player *player;
	const struct story_line *line;
};

static int
plan(void *arg, struct db *db, const struct stored_event *event, int64_t now_ms, struct err *err)
{
	const struct backlog *backlog = arg;
	struct plan_desk *desk = backlog->player->desk;
	bool is_newest = strcmp(event->id, backlog->player->newest) == 0;

	if (!is_newest || strcmp(backlog->line->words[0], "parked") != 0)
		return plan_event(desk, db, event, now_ms, err);
	if (event_move(db, event->id, EVENT_PARKED, NULL, PARKED_WHY, err) != 0)
		return -1;
	return plan_park(desk, db, event, PARKED_WHY, now_ms, err);
}

static bool
nobody_waits(void *arg)
{
	(void)arg;
	return false;
}

/* Accepted, and not planned before the end. */
static void
plan_backlog(struct player *player, const struct story_line *line)
{
	struct backlog backlog = {player, line};
	const struct planner planner = {.plan = plan, .arg = &backlog};
	struct planning planning;
	int64_t wait_ms;
	struct err err;

	if (planning_init(&planning, player->db, &err) != 0)
		line_fail(line, "backlog: %s", err.text);
	while (planning_due(&planning, 0, &wait_ms)) {
		player_begin(player, line);
		if (planning_fetch(&planning, player->db, 0, &err) != 0 ||
		    planning_run(&planning, &planner, player->db, player->now_ms, INT64_MAX,
		                 nobody_waits, NULL, &err) != 0)
			line_fail(line, "backlog: %s", err.text);
		player_commit(player, line);
		planning_committed(&planning);
	}
	if (planning.waiting_count > 0)
		line_fail(line, "planning failed after the restart");
}

void
player_restart(struct player *player, const struct story_line *line)
{
	plan_desk_free(player->desk);
	player->desk = plan_desk_new(player->conf);
	player_open_store(player);
	player_tidy_queue(player, line, true);
	plan_backlog(player, line);
	player_relink(player, line);
}

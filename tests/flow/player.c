#include "tests/flow/player.h"

#include <stdlib.h>
#include <string.h>

#include "relay/base/clock.h"
#include "relay/base/json.h"
#include "relay/base/mem.h"
#include "relay/source/source.h"
#include "relay/store/db_sqlite.h"
#include "relay/store/events.h"
#include "sinks/sink.h"

void
player_init(struct player *player, const char *directory)
{
	*player = (struct player){.directory = directory, .home = home_make()};
	player->conf = home_config(player->home, directory, "config.yaml");
	player->desk = plan_desk_new(player->conf);
	player_open_store(player);
}

void
player_fini(struct player *player)
{
	plan_desk_free(player->desk);
	conf_release(player->conf);
	db_close(player->db);
	home_remove(player->home);
	record_fini(&player->record);
	buf_fini(&player->shown);
	heard_fini(&player->heard);
	free(player->down);
	free(player->silence);
	free(player->refuses);
}

void
player_begin(struct player *player, const struct story_line *line)
{
	struct err err;

	if (!player->one_transaction && db_begin(player->db, &err) != 0)
		line_fail(line, "begin: %s", err.text);
	player->changes = sqlite3_total_changes64(player->db->sql);
}

static void
moment(struct player *player, bool before)
{
	if (player->on_commit != NULL)
		player->on_commit(player, before);
}

void
player_commit(struct player *player, const struct story_line *line)
{
	bool changes = sqlite3_total_changes64(player->db->sql) != player->changes;
	struct err err;

	if (player->one_transaction)
		return;
	if (changes)
		moment(player, true);
	if (db_commit(player->db, &err) != 0)
		line_fail(line, "commit: %s", err.text);
	if (changes)
		moment(player, false);
	player->line_commits += changes;
}

const char *
player_source(const struct player *player, const struct story_line *line, const char *kind)
{
	const char *name = line_option(line, "source");

	for (size_t i = 0; i < player->conf->sources.count; i++) {
		const struct conf_source *source =
			conf_item(player->conf->sources, struct conf_source, i);

		if (strcmp(source->kind->name, kind) == 0 &&
		    (name == NULL || strcmp(source->name, name) == 0))
			return source->name;
	}
	line_fail(line, "the config has no such source of kind %s", kind);
}

/* As the intake does: false when it stores nothing. */
static bool
accept_event(struct player *player, const struct story_line *line, const struct stored_event *event,
             const struct json_picks *picks)
{
	const struct source_kind *kind = source_kind_named(event->source_kind);
	char key[EVENT_KEY_SIZE], first_id[32];
	struct err err;
	int is_new;

	if (picks != NULL && kind->is_verification(picks))
		return false;
	event_key(kind, picks, event->body, event->body_len, key);
	player_begin(player, line);
	is_new = event_insert(player->db,
	                      &(struct new_event){
				      .id = event->id,
				      .key = key,
				      .source = event->source,
				      .source_kind = event->source_kind,
				      .body = event->body,
				      .body_len = event->body_len,
				      .received_at = event->received_at,
				      .state = EVENT_ACCEPTED,
			      },
	                      first_id, &err);
	if (is_new < 0)
		line_fail(line, "insert: %s", err.text);
	if (is_new == 0 && player->again)
		record_id_is(&player->record, event->id, first_id);
	player_commit(player, line);
	return is_new == 1;
}

static void
plan_stored(struct player *player, const struct story_line *line, const struct stored_event *event)
{
	struct err err;

	player_begin(player, line);
	if (plan_event(player->desk, player->db, event, player->now_ms, &err) != 0)
		line_fail(line, "plan: %s", err.text);
	player_commit(player, line);
}

/* As the store does with one whose planning failed too often. */
static void
park_stored(struct player *player, const struct story_line *line, const struct stored_event *event)
{
	struct err err;

	player_begin(player, line);
	if (event_move(player->db, event->id, EVENT_PARKED, NULL, PARKED_WHY, &err) != 0 ||
	    plan_park(player->desk, player->db, event, PARKED_WHY, player->now_ms, &err) != 0)
		line_fail(line, "park: %s", err.text);
	player_commit(player, line);
}

void
player_receive(struct player *player, const struct story_line *line, const char *source,
               const char *body, size_t len, char id[ID_SIZE])
{
	const struct conf_source *conf = conf_source_named(player->conf, source);
	struct stored_event event = {.id = id, .source = source, .body = body, .body_len = len};
	struct json_picks picks;
	enum json_answer is;
	struct err why;

	if (conf == NULL)
		line_fail(line, "no source %s", source);
	event.source_kind = conf->kind->name;
	event.received_at = player->now_ms;
	player->events++;
	id_make("evt", player->now_ms, id);
	record_id(&player->record, id);
	snprintf(player->newest, sizeof(player->newest), "%s", id);
	is = json_pick(body, len, source_kind_named(event.source_kind)->wants, &picks, &why);
	if (is == JSON_NOT_JSON)
		line_fail(line, "not JSON: %s", why.text);
	if (!accept_event(player, line, &event, is == JSON_TREE ? &picks : NULL))
		id[0] = '\0';
	else if (strcmp(line->words[0], "parked") == 0)
		park_stored(player, line, &event);
	else
		plan_stored(player, line, &event);
	json_picks_fini(&picks);
}

void
player_receive_line(struct player *player, const struct story_line *line)
{
	const struct payload_verb *verb = payload_verb_of(line->words[0]);
	json_t *body = verb->compose(line, player->now_ms, player->events + 1);
	char *text, id[ID_SIZE];

	if (body == NULL)
		line_fail(line, "no payload could be made");
	text = json_dumps(body, JSON_COMPACT);
	player_receive(player, line, player_source(player, line, verb->source_kind), text,
	               strlen(text), id);
	free(text);
	json_decref(body);
}

static void
play_raw(struct player *player, const struct story_line *line)
{
	const char *what = line_word(line, 2);
	size_t len = strlen(what);
	char *text = what[0] == '{' ? mem_str(what) : story_file(player->directory, what, &len);
	char id[ID_SIZE];

	player_receive(player, line, line_word(line, 1), text, len, id);
	free(text);
}

/* A line of a packer event, with "parked" for "packer". */
static void
play_parked(struct player *player, const struct story_line *line)
{
	json_t *body = payload_packer(line, player->now_ms, player->events + 1);
	char *text = json_dumps(body, JSON_COMPACT), id[ID_SIZE];

	player_receive(player, line, player_source(player, line, "hcp_packer"), text, strlen(text),
	               id);
	free(text);
	json_decref(body);
}

const char *
player_id(const struct player *player, const struct story_line *line, const char *name)
{
	for (size_t i = 0; i < player->record.count; i++)
		if (strcmp(player->record.ids[i].name, name) == 0)
			return player->record.ids[i].id;
	line_fail(line, "no %s yet", name);
}

/* As the API does; an event that there is nothing to replay of stays as it is. */
void
player_replay(struct player *player, const struct story_line *line, const char *id)
{
	struct stored_event event = {.id = id};
	char *source, *kind, *body;
	struct db_row *row;
	struct err err;
	int again;

	player_begin(player, line);
	again = event_replay(player->db, id, &err);
	if (again < 0)
		line_fail(line, "replay: %s", err.text);
	if (again == 0) {
		player_commit(player, line);
		return;
	}
	row = db_bind(player->db, ST_EVENT_LOAD, "t", id);
	if (db_step(row, &err) != 1)
		line_fail(line, "it is not stored");
	event.source = source = mem_str(db_text(row, 0));
	event.source_kind = kind = mem_str(db_text(row, 1));
	event.received_at = db_int(row, 2);
	event.body = body = mem_str(db_bytes(row, 4, &event.body_len));
	db_end(row);
	player_commit(player, line);
	plan_stored(player, line, &event);
	free(source);
	free(kind);
	free(body);
}

static void
play_replay(struct player *player, const struct story_line *line)
{
	player_replay(player, line, player_id(player, line, line_word(line, 1)));
}

static void
play_config(struct player *player, const struct story_line *line)
{
	struct conf *conf = home_config(player->home, player->directory, line_word(line, 1));

	conf_release(player->conf);
	player->conf = conf;
	plan_desk_configure(player->desk, conf);
	player_tidy_queue(player, line, false);
	player_relink(player, line);
}

/* Killed while it had nothing to do. */
static void
play_restart(struct player *player, const struct story_line *line)
{
	db_close(player->db);
	player_restart(player, line);
}

static void
play_down(struct player *player, const struct story_line *line)
{
	bool down = strcmp(line->words[0], "down") == 0;

	free(player->down);
	player->down = down ? mem_str(line_word(line, 1)) : NULL;
	if (!down) {
		free(player->refuses);
		player->refuses = NULL;
	}
}

static void
play_refuses(struct player *player, const struct story_line *line)
{
	static const struct {
		const char *word;
		enum outcome outcome;
	} refusals[] = {{"blocks", OUTCOME_BLOCKED},
	                {"fails", OUTCOME_RETRY},
	                {"rejects", OUTCOME_REJECTED}};

	free(player->refuses);
	player->refuses = mem_str(line_word(line, 1));
	for (size_t i = 0; i < COUNT(refusals); i++)
		if (strcmp(refusals[i].word, line->words[0]) == 0)
			player->refusal = refusals[i].outcome;
}

/* The first of a story is its relay's first start. */
static void
play_at(struct player *player, const struct story_line *line)
{
	bool first = player->now_ms == 0;

	player_deliver(player, line, line_time(line, line_word(line, 1), player->now_ms));
	if (first)
		player_relink(player, line);
}

static void
play_stopped(struct player *player, const struct story_line *line)
{
	player->now_ms = line_time(line, line_word(line, 1), player->now_ms);
	play_restart(player, line);
}

static void
play_expect(struct player *player, const struct story_line *line)
{
	int expected = strcmp(line->words[0], "expect") == 0
	                       ? (int)line_number(line, line_word(line, 1))
	                       : 0;

	if (player->messages != expected && !player->unchecked) {
		fprintf(stderr, "%s", buf_text(&player->record.text));
		line_fail(line, "expected %d messages, there were %d", expected, player->messages);
	}
	player->messages = 0;
}

static void
play_nothing(struct player *player, const struct story_line *line)
{
	(void)player;
	(void)line;
}

static void
play_shown(struct player *player, const struct story_line *line)
{
	(void)line;
	player->shows = true;
}

static const struct {
	const char *word;
	void (*play)(struct player *, const struct story_line *);
} verbs[] = {
	{"at", play_at},
	{"raw", play_raw},
	{"parked", play_parked},
	{"replay", play_replay},
	{"ack", player_acknowledge},
	{"plan", player_reading},
	{"state", player_reading},
	{"owner", player_owner},
	{"details", player_details},
	{"stopped-by", player_details},
	{"down", play_down},
	{"up", play_down},
	{"blocks", play_refuses},
	{"fails", play_refuses},
	{"rejects", play_refuses},
	{"config", play_config},
	{"restart", play_restart},
	{"stopped", play_stopped},
	{"silence", player_silence},
	{"unsilence", player_unsilence},
	{"expect", play_expect},
	{"expect-none", play_expect},
	{"any-order", play_nothing},
	{"shown", play_shown},
	{"since-start", play_nothing},
};

static void
begin_line(struct player *player, const struct story_line *line)
{
	player->line = line;
	player->line_began_ms = player->now_ms;
	player->line_commits = 0;
	player->line_events = player->events;
	player->line_ids = player->record.count;
}

void
player_play(struct player *player, const struct story_line *line)
{
	begin_line(player, line);
	if (strncmp(line->words[0], "expect", 6) != 0)
		player->heading = line;
	if (line->words[0][0] == '+') {
		player_deliver(player, line, line_time(line, line->words[0], player->now_ms));
		return;
	}
	if (payload_verb_of(line->words[0]) != NULL) {
		player_receive_line(player, line);
		player_deliver(player, line, player->now_ms);
		return;
	}
	for (size_t i = 0; i < COUNT(verbs); i++)
		if (strcmp(verbs[i].word, line->words[0]) == 0) {
			verbs[i].play(player, line);
			player_deliver(player, line, player->now_ms);
			return;
		}
	line_fail(line, "no such word");
}

/* The sinks of a story: each takes what is due, at once, and it is sent, unless
 * the story says what else becomes of it.  One
 * that edits its messages in place leaves something to edit. */
#include <stdlib.h>
#include <string.h>

#include "relay/base/mem.h"
#include "relay/flow/addresses.h"
#include "relay/flow/deliver_parts.h"
#include "relay/store/queue.h"
#include "sinks/sink.h"
#include "tests/flow/player.h"
#include "tests/flow/shown.h"

#define LEASE_MS (80 * SECOND_MS)
#define SLOTS 8
#define LOOKS_AT_ONCE 2 /* few, so that a story takes several turns */

/* What the other side makes of it, as the relay would settle it. */
static void
settle(struct player *player, const struct story_line *line, const struct conf_sink *sink,
       const struct claimed *claimed, enum outcome outcome)
{
	static const char *const words[] = {NULL, "no answer", "invalid_blocks", "403 forbidden"};
	const struct sink_kind *kind = sink_kind_named(sink->kind->name);
	bool edits = kind->edits != NULL && kind->edits(sink->options);
	const struct verdict_facts facts = {
		.kind = kind,
		.outcome = outcome,
		.attempts = claimed->attempts,
		.plain = true,
		.created_at = claimed->created_at,
		.started_at = player->now_ms,
		.now_ms = player->now_ms,
	};
	struct plan plan = {.db = player->db, .conf = player->conf, .now_ms = player->now_ms};
	struct destination_state before, after;
	struct verdict verdict;
	struct err err;

	player_begin(player, line);
	if (queue_destination_get(player->db, claimed->destination, &before, &err) != 0)
		line_fail(line, "destination: %s", err.text);
	after = before;
	verdict = verdict_of(&facts, &after);
	const struct settlement settlement = {
		.delivery_id = claimed->id,
		.settle = verdict.settle,
		.outcome = outcome_names[outcome],
		.text = words[outcome],
		.due_at = verdict.due_at,
		.reference = edits && outcome == OUTCOME_SENT
	                             ? "{\"channel\": \"C0\", \"ts\": \"1.000001\"}"
	                             : NULL,
	};
	const struct delivered delivered = {
		.destination = claimed->destination,
		.sink = claimed->sink,
		.sink_kind = claimed->sink_kind,
		.reason = words[outcome],
		.document = claimed->document,
		.sent = verdict.settle == SETTLE_SENT,
		.given_up = verdict.settle == SETTLE_DEAD,
		.troubled = before.blocked || before.failing_since != 0 || after.blocked ||
	                    after.failing_since != 0,
	};
	if ((delivered.troubled &&
	     queue_destination_put(player->db, claimed->destination, kind->conf.name, &after,
	                           words[outcome], player->now_ms, &err) != 0) ||
	    queue_settle(player->db, &settlement, player->now_ms, &err) != 0 ||
	    plan_delivered(&plan, &delivered, &err) != 0)
		line_fail(line, "settle: %s", err.text);
	player_commit(player, line);
}

/* "blocks", "fails" or "rejects", until the sink is "up" again. */
static enum outcome
outcome_at(const struct player *player, const struct conf_sink *sink)
{
	if (player->refuses == NULL || strcmp(player->refuses, sink->name) != 0)
		return OUTCOME_SENT;
	return player->refusal;
}

static void
tell(struct player *player, const struct story_line *line, const struct address *to,
     struct claimed *claimed)
{
	const struct conf_sink *sink = to->sink;
	enum outcome outcome = outcome_at(player, sink);
	size_t from;

	player->settled = true;
	if (outcome != OUTCOME_SENT) {
		settle(player, line, sink, claimed, outcome);
		claimed_fini(claimed);
		return;
	}
	if (player->heading != NULL) {
		buf_printf(&player->record.text, "\n== %d: %s\n", player->heading->number,
		           player->heading->text);
		player->heading = NULL;
	}
	from = player->record.text.len;
	record_message(&player->record, player->now_ms, claimed->sink, claimed->sink_kind,
	               claimed->document, claimed->speaks);
	if (player->shows)
		shown_add(&player->shown, &player->record, to, claimed, player->now_ms);
	heard_add(&player->heard, claimed, buf_text(&player->record.text) + from);
	player->sending = true;
	settle(player, line, sink, claimed, OUTCOME_SENT);
	player->sending = false;
	claimed_fini(claimed);
	player->messages++;
}

/* As the timekeeper does: when the next is due, or 0. */
static int64_t
look(struct player *player, const struct story_line *line)
{
	int64_t next;
	struct err err;
	int found;

	do {
		player_begin(player, line);
		found = plan_wakes(player->desk, player->db, LOOKS_AT_ONCE, player->now_ms, &next,
		                   &err);
		if (found < 0)
			line_fail(line, "wakes: %s", err.text);
		player_commit(player, line);
	} while (found == LOOKS_AT_ONCE);
	return next;
}

/* When the next is due here, or 0. */
static int64_t
deliver_to(struct player *player, const struct story_line *line, const struct address *to)
{
	struct claimed claimed[SLOTS];
	struct claim_want want = {
		.destination = to->destination, .slots = SLOTS, .lease_ms = LEASE_MS};
	int64_t next;
	struct err err;
	int n;

	do {
		player_begin(player, line);
		n = queue_claim(player->db, &want, player->now_ms, claimed, &next, &err);
		if (n < 0)
			line_fail(line, "claim: %s", err.text);
		player_commit(player, line);
		for (int i = 0; i < n; i++)
			tell(player, line, to, &claimed[i]);
	} while (n > 0);
	return next;
}

void
player_deliver(struct player *player, const struct story_line *line, int64_t until)
{
	for (;;) {
		int64_t first = look(player, line);
		struct address_list to;

		player->settled = false;
		addresses_of(player->conf, &to);
		for (size_t i = 0; i < to.count; i++) {
			const char *sink = to.items[i].sink->name;
			int64_t next = 0;

			if (player->down == NULL || strcmp(player->down, sink) != 0)
				next = deliver_to(player, line, &to.items[i]);
			if (next != 0 && (first == 0 || next < first))
				first = next;
		}
		address_list_fini(&to);
		if (player->settled)
			continue; /* others may be told of it now */
		if (first == 0 || first > until)
			break;
		if (first <= player->now_ms)
			line_fail(line, "something is due and cannot be claimed");
		player->now_ms = first;
	}
	player->now_ms = until;
}

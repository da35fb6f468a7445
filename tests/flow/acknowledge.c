/* Somebody says "I know" of an incident, as over the API. */
#include "relay/flow/acknowledge.h"
#include "tests/flow/player.h"

void
player_acknowledge(struct player *player, const struct story_line *line)
{
	const struct acknowledgement ack = {
		.by = line_option(line, "by"),
		.comment = line_option(line, "comment"),
		.until = line_time_or(line, "until", player->now_ms, 0),
	};
	struct err err;

	player_begin(player, line);
	switch (acknowledge_incident(player->db, player->conf,
	                             player_id(player, line, line_word(line, 1)), &ack,
	                             player->now_ms, &err)) {
	case ACK_TAKEN:
		break;
	case ACK_FAILED:
		line_fail(line, "ack: %s", err.text);
	default:
		line_fail(line, "ack: it is not open");
	}
	player_commit(player, line);
}

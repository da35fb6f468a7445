/* Somebody says "I know" of an incident, as over the API. */
#include "relay/flow/acknowledge.h"

#include <stdio.h>
#include <string.h>

#include "relay/store/incidents.h"
#include "tests/flow/player.h"

#define OPEN_MAX 100

/* inc#N where machines were told of it; else the one that is open of a kind. */
static void
find(const struct player *player, const struct story_line *line, char id[ID_SIZE])
{
	const char *name = line_word(line, 1);
	struct incident_list list;
	struct err err;

	if (strchr(name, '#') != NULL) {
		snprintf(id, ID_SIZE, "%s", player_id(player, line, name));
		return;
	}
	id[0] = '\0';
	if (incidents_all_open(player->db, "", OPEN_MAX, &list, &err) != 0)
		line_fail(line, "ack: %s", err.text);
	for (size_t i = 0; i < list.count; i++)
		if (strcmp(incident_kind_names[list.items[i].kind], name) == 0)
			snprintf(id, ID_SIZE, "%s", list.items[i].id);
	incident_list_fini(&list);
}

void
player_acknowledge(struct player *player, const struct story_line *line)
{
	const struct acknowledgement ack = {
		.by = line_option(line, "by"),
		.comment = line_option(line, "comment"),
		.until = line_time_or(line, "until", player->now_ms, 0),
	};
	char id[ID_SIZE];
	struct err err;

	player_begin(player, line);
	find(player, line, id);
	switch (acknowledge_incident(player->db, player->conf, id, &ack, player->now_ms, &err)) {
	case ACK_TAKEN:
		break;
	case ACK_FAILED:
		line_fail(line, "ack: %s", err.text);
	default:
		line_fail(line, "ack: it is not open");
	}
	player_commit(player, line);
}

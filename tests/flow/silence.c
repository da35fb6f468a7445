/* Silences of a story, as the API makes them and takes them back. */
#include <stdlib.h>
#include <string.h>

#include "relay/flow/hush.h"
#include "tests/flow/player.h"

static const struct conf_kinds kinds = {.incident_kinds = incident_kind_words};

/* Whoever had no answer looks first whether it was made all the same. */
static bool
was_made(struct player *player, const struct story_line *line)
{
	struct stored_silence_list list;
	bool made = false;
	struct err err;

	if (!player->again || player->silence == NULL)
		return false;
	player_begin(player, line);
	if (silences_load(player->db, player->now_ms, &list, &err) != 0)
		line_fail(line, "%s", err.text);
	player_commit(player, line);
	for (size_t i = 0; i < list.count; i++)
		made |= strcmp(list.items[i].id, player->silence) == 0;
	stored_silence_list_fini(&list);
	return made;
}

void
player_silence(struct player *player, const struct story_line *line)
{
	const char *json = line_word(line, 1);
	struct stored_silence silence = {0};
	struct err err;

	if (was_made(player, line))
		return;
	if (silence_form_read(json, strlen(json), &kinds, player->now_ms, &silence.form, &err) != 0)
		line_fail(line, "%s", err.text);
	player_begin(player, line);
	if (hush_add(player->db, player->conf, &silence, player->now_ms, &err) != 1)
		line_fail(line, "not made");
	free(player->silence);
	player->silence = strdup(silence.id);
	player_commit(player, line);
	silence_form_fini(&silence.form);
}

void
player_unsilence(struct player *player, const struct story_line *line)
{
	struct err err;

	if (player->silence == NULL)
		line_fail(line, "there is none");
	if (player->again && !was_made(player, line))
		return;
	player_begin(player, line);
	if (hush_drop(player->db, player->conf, player->silence, player->now_ms, &err) != 1)
		line_fail(line, "not taken back");
	player_commit(player, line);
}

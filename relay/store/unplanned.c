#include "relay/store/unplanned.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "relay/base/hash.h"
#include "relay/base/mem.h"

#define ROOM_LEAST 1024
#define FREE 0 /* no key's tag */

void
unplanned_fini(struct unplanned *u)
{
	free(u->tags);
	free(u->places);
	free(u->changes);
	*u = (struct unplanned){0};
}

static uint32_t
tag_of(const char *key)
{
	return hash_of(key, strnlen(key, UNPLANNED_KEY_SIZE - 1)) | 1;
}

/* Where one with this tag belongs. */
static size_t
place_of(const struct unplanned *u, uint32_t tag)
{
	return (tag >> 1) & (u->room - 1);
}

/* Where the key is, or the free place where it would be. */
static size_t
probe(const struct unplanned *u, uint32_t tag, const char *key)
{
	size_t i = place_of(u, tag);

	while (u->tags[i] != FREE && (u->tags[i] != tag || strcmp(u->places[i].key, key) != 0))
		i = (i + 1) & (u->room - 1);
	return i;
}

static void
grow(struct unplanned *u)
{
	struct unplanned old = *u;

	u->room = old.room ? 2 * old.room : ROOM_LEAST;
	u->tags = mem_array(u->room, sizeof(*u->tags));
	u->places = mem_array(u->room, sizeof(*u->places));
	for (size_t i = 0; i < old.room; i++) {
		if (old.tags[i] == FREE)
			continue;
		size_t to = probe(u, old.tags[i], old.places[i].key);
		u->tags[to] = old.tags[i];
		u->places[to] = old.places[i];
	}
	free(old.tags);
	free(old.places);
}

static void
put(struct unplanned *u, const struct unplanned_entry *entry)
{
	uint32_t tag = tag_of(entry->key);
	size_t i;

	if (2 * (u->count + 1) > u->room)
		grow(u);
	i = probe(u, tag, entry->key);
	u->count += u->tags[i] == FREE;
	u->tags[i] = tag;
	u->places[i] = *entry;
}

/* Those behind it in its run move up, unless that would put them before their own place. */
static void
take_out(struct unplanned *u, size_t hole)
{
	size_t i = hole;

	u->count--;
	for (;;) {
		size_t own;

		i = (i + 1) & (u->room - 1);
		if (u->tags[i] == FREE)
			break;
		own = place_of(u, u->tags[i]);
		if (((i - own) & (u->room - 1)) < ((i - hole) & (u->room - 1)))
			continue;
		u->tags[hole] = u->tags[i];
		u->places[hole] = u->places[i];
		hole = i;
	}
	u->tags[hole] = FREE;
}

/* Its place, when it is there. */
static bool
is_there(const struct unplanned *u, const char *key, size_t *place)
{
	if (u->count == 0)
		return false;
	*place = probe(u, tag_of(key), key);
	return u->tags[*place] != FREE;
}

static void
remember(struct unplanned *u, const struct unplanned_entry *entry, bool added)
{
	if (u->changed == u->changes_room) {
		u->changes_room = u->changes_room ? 2 * u->changes_room : 64;
		u->changes = mem_grow(u->changes, u->changes_room, sizeof(*u->changes));
	}
	u->changes[u->changed++] = (struct unplanned_change){.entry = *entry, .added = added};
}

const char *
unplanned_find(const struct unplanned *u, const char *key)
{
	size_t i;

	return is_there(u, key, &i) ? u->places[i].id : NULL;
}

void
unplanned_add(struct unplanned *u, const char *key, const char *id)
{
	struct unplanned_entry entry = {0};

	memccpy(entry.key, key, '\0', sizeof(entry.key) - 1);
	memccpy(entry.id, id, '\0', sizeof(entry.id) - 1);
	put(u, &entry);
	remember(u, &entry, true);
}

void
unplanned_leave(struct unplanned *u, const char *key)
{
	size_t i;

	if (!is_there(u, key, &i))
		return;
	remember(u, &u->places[i], false);
	take_out(u, i);
}

static void
undo_to(struct unplanned *u, size_t changed)
{
	while (u->changed > changed) {
		const struct unplanned_change *change = &u->changes[--u->changed];
		size_t i;

		if (!change->added)
			put(u, &change->entry);
		else if (is_there(u, change->entry.key, &i))
			take_out(u, i);
	}
}

void
unplanned_commit(struct unplanned *u)
{
	u->changed = u->mark = 0;
}

void
unplanned_rollback(struct unplanned *u)
{
	undo_to(u, 0);
	u->mark = 0;
}

void
unplanned_set_mark(struct unplanned *u)
{
	u->mark = u->changed;
}

void
unplanned_undo_mark(struct unplanned *u)
{
	undo_to(u, u->mark);
}

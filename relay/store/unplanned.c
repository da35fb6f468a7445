#include "relay/store/unplanned.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "relay/base/mem.h"

#define ROOM_LEAST 1024

void
unplanned_fini(struct unplanned *u)
{
	free(u->places);
	free(u->changes);
	*u = (struct unplanned){0};
}

/* FNV-1a: keys are digests, but a test or an old store may have shorter ones. */
static size_t
place_of(const struct unplanned *u, const char *key)
{
	uint64_t hash = UINT64_C(14695981039346656037);

	for (const char *p = key; *p != '\0'; p++)
		hash = (hash ^ (unsigned char)*p) * UINT64_C(1099511628211);
	return (size_t)(hash ^ (hash >> 32)) & (u->room - 1);
}

/* Where the key is, or the free place where it would be. */
static size_t
probe(const struct unplanned *u, const char *key)
{
	size_t i = place_of(u, key);

	while (u->places[i].key[0] != '\0' && strcmp(u->places[i].key, key) != 0)
		i = (i + 1) & (u->room - 1);
	return i;
}

static void
grow(struct unplanned *u)
{
	struct unplanned_entry *old = u->places;
	size_t old_room = u->room;

	u->room = old_room ? 2 * old_room : ROOM_LEAST;
	u->places = mem_array(u->room, sizeof(*u->places));
	for (size_t i = 0; i < old_room; i++)
		if (old[i].key[0] != '\0')
			u->places[probe(u, old[i].key)] = old[i];
	free(old);
}

static void
put(struct unplanned *u, const struct unplanned_entry *entry)
{
	size_t i;

	if (2 * (u->count + 1) > u->room)
		grow(u);
	i = probe(u, entry->key);
	u->count += u->places[i].key[0] == '\0';
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
		if (u->places[i].key[0] == '\0')
			break;
		own = place_of(u, u->places[i].key);
		if (((i - own) & (u->room - 1)) < ((i - hole) & (u->room - 1)))
			continue;
		u->places[hole] = u->places[i];
		hole = i;
	}
	u->places[hole].key[0] = '\0';
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

	if (u->count == 0)
		return NULL;
	i = probe(u, key);
	return u->places[i].key[0] != '\0' ? u->places[i].id : NULL;
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

	if (u->count == 0)
		return;
	i = probe(u, key);
	if (u->places[i].key[0] == '\0')
		return;
	remember(u, &u->places[i], false);
	take_out(u, i);
}

static void
undo_to(struct unplanned *u, size_t changed)
{
	while (u->changed > changed) {
		const struct unplanned_change *change = &u->changes[--u->changed];

		if (change->added)
			take_out(u, probe(u, change->entry.key));
		else
			put(u, &change->entry);
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

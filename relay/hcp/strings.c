#include "relay/hcp/strings.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "relay/base/mem.h"

#define CHUNK_SIZE 65536

struct chunk {
	struct chunk *next;
	size_t used, size;
	char bytes[];
};

struct slot {
	uint64_t hash;
	const char *text;
	size_t len;
};

struct strings {
	struct chunk *chunks;
	struct slot *slots;
	size_t slot_count, count, bytes;
	uint64_t seed;
};

struct strings *
strings_new(void)
{
	struct strings *all = mem_alloc(sizeof(*all));

	if (getrandom(&all->seed, sizeof(all->seed), 0) != (ssize_t)sizeof(all->seed))
		mem_die("no random bytes");
	all->slot_count = 1024;
	all->slots = mem_array(all->slot_count, sizeof(*all->slots));
	return all;
}

void
strings_free(struct strings *all)
{
	if (all == NULL)
		return;
	while (all->chunks != NULL) {
		struct chunk *next = all->chunks->next;

		free(all->chunks);
		all->chunks = next;
	}
	free(all->slots);
	free(all);
}

size_t
strings_bytes(const struct strings *all)
{
	return all->bytes + all->slot_count * sizeof(*all->slots);
}

static uint64_t
mix(uint64_t hash)
{
	hash ^= hash >> 32;
	hash *= UINT64_C(0xd6e8feb86659fd93);
	hash ^= hash >> 29;
	hash *= UINT64_C(0xff51afd7ed558ccd);
	return hash ^ hash >> 32;
}

uint64_t
strings_hash(const struct strings *all, const void *data, size_t len)
{
	const char *bytes = data;
	uint64_t hash = mix(all->seed ^ len);

	for (; len >= 8; bytes += 8, len -= 8) {
		uint64_t word;

		memcpy(&word, bytes, 8);
		hash = mix(hash ^ word);
	}
	if (len > 0) {
		uint64_t word = 0;

		memcpy(&word, bytes, len);
		hash = mix(hash ^ word);
	}
	return hash;
}

static struct slot *
find(const struct strings *all, uint64_t hash, const char *text, size_t len)
{
	size_t i = (size_t)hash & (all->slot_count - 1);

	while (all->slots[i].text != NULL &&
	       (all->slots[i].hash != hash || all->slots[i].len != len ||
	        memcmp(all->slots[i].text, text, len) != 0))
		i = (i + 1) & (all->slot_count - 1);
	return &all->slots[i];
}

static void
grow(struct strings *all)
{
	struct slot *old = all->slots;
	size_t count = all->slot_count;

	all->slot_count *= 2;
	all->slots = mem_array(all->slot_count, sizeof(*all->slots));
	for (size_t i = 0; i < count; i++)
		if (old[i].text != NULL)
			*find(all, old[i].hash, old[i].text, old[i].len) = old[i];
	free(old);
}

static char *
room_for(struct strings *all, size_t size)
{
	struct chunk *chunk = all->chunks;

	if (chunk == NULL || chunk->size - chunk->used < size) {
		size_t whole = size > CHUNK_SIZE ? size : CHUNK_SIZE;

		chunk = mem_alloc(sizeof(*chunk) + whole);
		chunk->size = whole;
		chunk->next = all->chunks;
		all->chunks = chunk;
		all->bytes += sizeof(*chunk) + whole;
	}
	chunk->used += size;
	return chunk->bytes + chunk->used - size;
}

const char *
strings_keep(struct strings *all, const char *text, size_t len, size_t max)
{
	uint64_t hash = strings_hash(all, text, len);
	struct slot *slot = find(all, hash, text, len);

	if (slot->text != NULL)
		return slot->text;
	bool full = all->count * 4 >= all->slot_count * 3;
	size_t more = full ? all->slot_count * sizeof(*slot) : 0;

	if (strings_bytes(all) + more + len + CHUNK_SIZE > max)
		return NULL;
	if (full) {
		grow(all);
		slot = find(all, hash, text, len);
	}
	char *kept = room_for(all, len + 1);

	memcpy(kept, text, len);
	kept[len] = '\0';
	*slot = (struct slot){hash, kept, len};
	all->count++;
	return kept;
}

const char *
strings_find(const struct strings *all, const char *text)
{
	size_t len = strlen(text);

	return find(all, strings_hash(all, text, len), text, len)->text;
}

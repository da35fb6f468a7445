#include "relay/store/indexed.h"

#include <stdlib.h>
#include <string.h>

#include "relay/base/hash.h"
#include "relay/base/mem.h"
#include "relay/store/db.h"

#define KEYS_LEAST ((size_t)2 * 1024 * 1024) /* 4 MB, of which only what is used is touched */
#define KEYS_MOST ((size_t)16 * 1024 * 1024)
#define KEYS_A_WORD 4

void
indexed_init(struct indexed *x, size_t keys)
{
	size_t room = KEYS_LEAST / KEYS_A_WORD;

	while (room < 2 * keys / KEYS_A_WORD && room < KEYS_MOST / KEYS_A_WORD)
		room *= 2;
	x->room = room;
	x->words = mem_array(room, sizeof(*x->words));
}

void
indexed_fini(struct indexed *x)
{
	free(x->words);
	*x = (struct indexed){0};
}

/* Its word, and the three bits in it. */
static uint64_t *
word_of(const struct indexed *x, const char *key, uint64_t *bits)
{
	uint64_t hash = hash_of(key, strlen(key)) * UINT64_C(0x9e3779b97f4a7c15);

	*bits = UINT64_C(1) << (hash & 63) | UINT64_C(1) << (hash >> 6 & 63) |
	        UINT64_C(1) << (hash >> 12 & 63);
	return &x->words[hash >> 32 & (x->room - 1)];
}

void
indexed_add(struct indexed *x, const char *key)
{
	uint64_t bits, *word = word_of(x, key, &bits);

	*word |= bits;
}

bool
indexed_may(const struct indexed *x, const char *key)
{
	uint64_t bits;

	return (*word_of(x, key, &bits) & bits) == bits;
}

int
indexed_load(struct db *db, struct indexed *x, struct err *err)
{
	int64_t keys = db_number(db, err, -1, ST_EVENT_KEYS_COUNT, "");
	struct db_row *row;
	int got;

	if (keys < 0)
		return -1;
	indexed_init(x, (size_t)keys);
	row = db_bind(db, ST_EVENT_KEYS, "");
	while ((got = db_step(row, err)) == 1)
		indexed_add(x, db_text(row, 0));
	db_end(row);
	return got;
}

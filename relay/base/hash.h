/*
 * hash.h - a number for a text, to find it again in this process.
 *
 * Quick, and even for names and digests.  Texts that collide are easily made:
 * not for tables that somebody could slow down with them.
 */
#ifndef RELAY_BASE_HASH_H
#define RELAY_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

static inline uint32_t
hash_of(const char *text, size_t len)
{
	uint64_t hash = len, part = 0;

	for (; len > sizeof(part); text += sizeof(part), len -= sizeof(part)) {
		memcpy(&part, text, sizeof(part));
		hash = (hash ^ part) * UINT64_C(0x9e3779b97f4a7c15);
		hash ^= hash >> 32;
	}
	part = 0;
	memcpy(&part, text, len);
	hash = (hash ^ part) * UINT64_C(0x9e3779b97f4a7c15);
	return (uint32_t)(hash >> 32);
}

#endif

#include "relay/base/ulid.h"

#include <pthread.h>
#include <stdbool.h>
#include <string.h>

#include "relay/base/sign.h"

/* Crockford's base 32: no I, L, O, U. */
static const char alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

#define PREFIX_MAX 4
#define TIME_CHARS 10   /* 48 bits of milliseconds, 50 written */
#define RANDOM_CHARS 16 /* 80 bits, kept as base 32 digits */
#define MS_MAX ((INT64_C(1) << 48) - 1)

/* The last id given out; the next is greater. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int64_t last_ms = -1;
static unsigned char last_random[RANDOM_CHARS];

/* Add one to the random part; false when it was the last of its millisecond. */
static bool
step(unsigned char digits[RANDOM_CHARS])
{
	for (int i = RANDOM_CHARS - 1; i >= 0; i--) {
		if (++digits[i] < 32)
			return true;
		digits[i] = 0;
	}
	return false;
}

static void
draw(unsigned char digits[RANDOM_CHARS])
{
	random_bytes(digits, RANDOM_CHARS);
	for (int i = 0; i < RANDOM_CHARS; i++)
		digits[i] &= 31;
}

static void
next(int64_t now_ms)
{
	if (now_ms > last_ms) {
		last_ms = now_ms;
		draw(last_random);
	} else if (!step(last_random)) {
		last_ms++;
		draw(last_random);
	}
}

void
id_make(const char *prefix, int64_t now_ms, char out[ID_SIZE])
{
	size_t n = strnlen(prefix, PREFIX_MAX);
	char *text = out + n + 1;

	memcpy(out, prefix, n);
	out[n] = '_';
	if (now_ms < 0 || now_ms > MS_MAX)
		now_ms = now_ms < 0 ? 0 : MS_MAX;

	pthread_mutex_lock(&lock);
	next(now_ms);
	int64_t ms = last_ms;
	for (int i = 0; i < RANDOM_CHARS; i++)
		text[TIME_CHARS + i] = alphabet[last_random[i]];
	pthread_mutex_unlock(&lock);

	for (int i = TIME_CHARS - 1; i >= 0; i--, ms >>= 5)
		text[i] = alphabet[ms & 31];
	text[TIME_CHARS + RANDOM_CHARS] = '\0';
}

bool
id_is(const char *prefix, const char *text)
{
	size_t n = strlen(prefix);

	if (strncmp(text, prefix, n) != 0 || text[n] != '_')
		return false;
	text += n + 1;
	return strlen(text) == TIME_CHARS + RANDOM_CHARS && strspn(text, alphabet) == strlen(text);
}

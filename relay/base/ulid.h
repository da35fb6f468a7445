/*
 * ulid.h - identifiers: a prefix and 26 characters that sort by time.
 *
 * Within one process each is greater than the one before, also inside one
 * millisecond and when the clock steps back.  Any thread.
 */
#ifndef RELAY_BASE_ULID_H
#define RELAY_BASE_ULID_H

#include <stdbool.h>
#include <stdint.h>

#define ID_SIZE 32 /* "evt_" + 26 + NUL, rounded up */

/* prefix: "evt", "inc", "ntf", "dlv"; three or four letters. */
void id_make(const char *prefix, int64_t now_ms, char out[ID_SIZE]);
/* Could that be an id with this prefix? */
bool id_is(const char *prefix, const char *text);

#endif

/*
 * helper_frame.c - the answer of a child while it comes in: its length, its bytes,
 * and nothing behind them.
 */
#include <string.h>

#include "relay/runtime/helper_internal.h"

static uint32_t
announced(const struct buf *answer)
{
	uint32_t len;

	memcpy(&len, answer->data, HELPER_HEAD);
	return len;
}

size_t
frame_room(const struct buf *answer)
{
	if (answer->len < HELPER_HEAD)
		return HELPER_HEAD - answer->len;
	size_t whole = HELPER_HEAD + announced(answer);
	if (whole > HELPER_HEAD + HELPER_ANSWER_MAX || answer->len > whole)
		return 0;
	return whole - answer->len + 1;
}

bool
frame_is_whole(const struct buf *answer)
{
	return answer->len >= HELPER_HEAD && announced(answer) <= HELPER_ANSWER_MAX &&
	       answer->len == HELPER_HEAD + announced(answer);
}

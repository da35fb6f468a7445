/*
 * helper_internal.h - what the two sides of a helper agree on.
 *
 * The job goes over HELPER_FD as plain bytes up to the end of writing.  The
 * answer comes back as its length (uint32_t, of this machine) and its bytes, so
 * that a child that dies on the way never leaves half an answer that looks
 * like a whole one.
 */
#ifndef RELAY_RUNTIME_HELPER_INTERNAL_H
#define RELAY_RUNTIME_HELPER_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "relay/base/buf.h"
#include "relay/base/err.h"
#include "relay/runtime/helper.h"

#define HELPER_FD 3
#define HELPER_HEAD sizeof(uint32_t)

/* helper_spawn.c: the child's pid, with its end of the socket pair in *fd
 * (non-blocking) and a pidfd of it; -1 when it could not be started. */
int helper_spawn(const char *program, const char *word, int *fd, int *pidfd,
                 struct err *) MUST_CHECK;

/* helper_frame.c: how many bytes may be added to what came so far, head included.  One
 * more than was announced, to see a child that says more; 0: it did, or announced more
 * than HELPER_ANSWER_MAX. */
size_t frame_room(const struct buf *answer);
bool frame_is_whole(const struct buf *answer);

#endif

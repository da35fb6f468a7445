/*
 * owner.h - one process owns a store file.
 *
 * A lock on "FILE.lock", held until released and dropped by the kernel
 * however the process ends.  It says nothing about the database's own locks,
 * so a second process is told at once, also in the middle of a commit.
 */
#ifndef RELAY_STORE_OWNER_H
#define RELAY_STORE_OWNER_H

#include "relay/base/err.h"

/* A descriptor that holds the lock, or -1. */
int owner_take(const char *file, struct err *) MUST_CHECK;
void owner_release(int fd); /* -1 is fine */

#endif

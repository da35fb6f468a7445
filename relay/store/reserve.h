/*
 * reserve.h - some disk put aside in a file of its own, "FILE.reserve".
 *
 * When the disk is full the file is removed, and what must be written has
 * room again; when there is room, it is put back.
 */
#ifndef RELAY_STORE_RESERVE_H
#define RELAY_STORE_RESERVE_H

#include <stdbool.h>

#define RESERVE_BYTES (1 << 20)

/* Makes the file, its blocks allocated; true when it is there now. */
bool reserve_keep(const char *path);
/* Removes it; true when there was one. */
bool reserve_give(const char *path);

#endif

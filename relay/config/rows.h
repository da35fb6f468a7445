/*
 * rows.h - what a table of rows knows about a struct it filled: how to free
 * it, what differs from another one, and its part of the manual.
 */
#ifndef RELAY_CONFIG_ROWS_H
#define RELAY_CONFIG_ROWS_H

#include <stdio.h>

#include "relay/base/buf.h"
#include "relay/config/conf.h"
#include "relay/config/key.h"

/* Frees what the fields own, wiping secrets; not `base` itself. */
void rows_fini(const struct key *rows, void *base);

/* Adds ", PREFIXname" to `names` for each row with KEY_RESTART whose value differs. */
void rows_restart_changes(const struct key *rows, const void *a, const void *b, const char *prefix,
                          struct buf *names);

/* One mdoc list item for each row, also of the maps and kinds below. */
void rows_describe(const struct key *rows, const struct conf_kinds *, const char *prefix, FILE *);

#endif

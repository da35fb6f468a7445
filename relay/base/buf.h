/*
 * buf.h - a byte buffer that grows.
 *
 * data is always NUL-terminated behind len once something was added, so text
 * can be used as a string.  `struct buf b = {0};` is an empty one.
 */
#ifndef RELAY_BASE_BUF_H
#define RELAY_BASE_BUF_H

#include <stddef.h>

#include "relay/base/err.h"

struct buf {
	char *data; /* NULL while nothing was ever added */
	size_t len;
	size_t cap;
};

void buf_fini(struct buf *);
void buf_reset(struct buf *); /* len = 0, memory kept */
void buf_reserve(struct buf *, size_t more);
void buf_add(struct buf *, const void *, size_t);
void buf_puts(struct buf *, const char *);
void buf_putc(struct buf *, char);
void buf_number(struct buf *, size_t); /* in decimal */
void buf_printf(struct buf *, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* The text so far, never NULL; borrowed until the next change. */
const char *buf_text(const struct buf *);

/* The memory, now the caller's to free(); the buffer is empty again. */
char *buf_take(struct buf *);

#endif

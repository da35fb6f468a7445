#include "relay/base/buf.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "relay/base/mem.h"

#define BUF_FIRST 64

void
buf_fini(struct buf *b)
{
	free(b->data);
	*b = (struct buf){0};
}

void
buf_reset(struct buf *b)
{
	b->len = 0;
	if (b->data != NULL)
		b->data[0] = '\0';
}

/* Room for `more` bytes and the NUL behind them. */
void
buf_reserve(struct buf *b, size_t more)
{
	/* A sum that wraps asks for everything, which mem_grow() refuses. */
	size_t need = more < SIZE_MAX - b->len - 1 ? b->len + more + 1 : SIZE_MAX;
	size_t cap = b->cap ? b->cap : BUF_FIRST;

	if (need <= b->cap)
		return;
	while (cap < need)
		cap = cap <= SIZE_MAX / 2 ? cap * 2 : need;
	b->data = mem_grow(b->data, cap, 1);
	b->cap = cap;
	b->data[b->len] = '\0';
}

void
buf_add(struct buf *b, const void *bytes, size_t len)
{
	if (len >= b->cap - b->len)
		buf_reserve(b, len);
	if (len > 0)
		memcpy(b->data + b->len, bytes, len);
	b->len += len;
	b->data[b->len] = '\0';
}

void
buf_puts(struct buf *b, const char *text)
{
	buf_add(b, text, strlen(text));
}

void
buf_putc(struct buf *b, char c)
{
	if (b->cap - b->len <= 1)
		buf_reserve(b, 1);
	b->data[b->len++] = c;
	b->data[b->len] = '\0';
}

void
buf_number(struct buf *b, size_t number)
{
	char digits[24], *at = digits + sizeof(digits);
	const char *end = at;

	do
		*--at = (char)('0' + number % 10);
	while ((number /= 10) > 0);
	buf_add(b, at, (size_t)(end - at));
}

void
buf_printf(struct buf *b, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	char *text = mem_vfmt(fmt, args);
	va_end(args);
	buf_puts(b, text);
	free(text);
}

const char *
buf_text(const struct buf *b)
{
	return b->data ? b->data : "";
}

char *
buf_take(struct buf *b)
{
	char *text = b->data ? b->data : mem_str("");

	*b = (struct buf){0};
	return text;
}

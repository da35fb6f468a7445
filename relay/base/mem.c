#include "relay/base/mem.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void
mem_die(const char *why)
{
	/* No log_line() here: it allocates. */
	dprintf(STDERR_FILENO, "level=error msg=\"%s\"\n", why);
	abort();
}

static void *
alive(void *memory)
{
	if (memory == NULL)
		mem_die("out of memory");
	return memory;
}

void *
mem_alloc(size_t size)
{
	return alive(calloc(1, size ? size : 1));
}

void *
mem_array(size_t n, size_t size)
{
	if (n == 0 || size == 0)
		return mem_alloc(1);
	return alive(calloc(n, size)); /* checks the product itself */
}

void *
mem_grow(void *old, size_t n, size_t size)
{
	if (n == 0 || size == 0)
		n = size = 1;
	return alive(reallocarray(old, n, size));
}

void *
mem_dup(const void *from, size_t size)
{
	void *copy = alive(malloc(size ? size : 1));

	if (size > 0)
		memcpy(copy, from, size);
	return copy;
}

char *
mem_str(const char *text)
{
	return text ? mem_dup(text, strlen(text) + 1) : NULL;
}

char *
mem_strn(const char *text, size_t len)
{
	if (len == SIZE_MAX)
		mem_die("out of memory");

	char *copy = alive(malloc(len + 1));
	if (len > 0)
		memcpy(copy, text, len);
	copy[len] = '\0';
	return copy;
}

char *
mem_vfmt(const char *fmt, va_list args)
{
	char *text;

	if (vasprintf(&text, fmt, args) < 0)
		mem_die("out of memory");
	return text;
}

void
mem_set(char **field, const char *value)
{
	char *copy = mem_str(value);

	free(*field);
	*field = copy;
}

bool
mem_update(char **field, const char *value)
{
	if (value == NULL || (*field != NULL && strcmp(*field, value) == 0))
		return false;
	mem_set(field, value);
	return true;
}

char *
mem_fmt(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	char *text = mem_vfmt(fmt, args);
	va_end(args);
	return text;
}

void
mem_wipe_free(void *secret, size_t size)
{
	if (secret == NULL)
		return;
	explicit_bzero(secret, size);
	free(secret);
}

/*
 * mem.h - small allocations that die.
 *
 * A relay that cannot get a few bytes cannot do anything useful with the
 * error either: these print one line and abort.  What a peer sizes is
 * bounded by the caller before it comes here.
 */
#ifndef RELAY_BASE_MEM_H
#define RELAY_BASE_MEM_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include "relay/base/err.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

void *mem_alloc(size_t);                       /* zeroed */
void *mem_array(size_t n, size_t size);        /* zeroed; dies on overflow */
void *mem_grow(void *, size_t n, size_t size); /* realloc; new part not zeroed */
void *mem_dup(const void *, size_t);

char *mem_str(const char *);              /* NULL stays NULL */
char *mem_strn(const char *, size_t len); /* copies exactly len, terminates */
char *mem_fmt(const char *fmt, ...) PRINTF_LIKE(1, 2);
char *mem_vfmt(const char *fmt, va_list) PRINTF_LIKE(1, 0);

/* A copy takes the place of what the field held, of which the value may be a part. */
void mem_set(char **field, const char *value);
/* The same where the value is news: not NULL, nor what the field holds.  Whether it was. */
bool mem_update(char **field, const char *value);

/* One line on standard error, then abort: for what cannot go on.  `why` is
 * plain words without quotes. */
_Noreturn void mem_die(const char *why);

/* Wipe a secret and free it; NULL is fine. */
void mem_wipe_free(void *, size_t);

#endif

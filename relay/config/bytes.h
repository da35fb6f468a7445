/*
 * bytes.h - what a config is refused for before anybody parses it.
 */
#ifndef RELAY_CONFIG_BYTES_H
#define RELAY_CONFIG_BYTES_H

#include <stdbool.h>
#include <stddef.h>

#include "relay/config/faults.h"

#define CONFIG_SIZE_MAX (1024 * 1024)
/* libfyaml's time grows with the square of a run of empty lines. */
#define EMPTY_LINES_MAX 200

/* Not too large, UTF-8, no control bytes, no endless emptiness; else one
 * fault with its line, and false. */
bool bytes_are_text(const char *, size_t len, struct faults *);

#endif

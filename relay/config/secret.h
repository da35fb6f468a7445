/*
 * secret.h - secrets out of files and environment variables, never out of
 * the config itself.
 *
 * A file must be a regular one that nobody but its owner can read.  A
 * variable is read once: it is then wiped from the environment, so that no
 * child gets it, and remembered for the reloads to come.  Loading is done by
 * one thread at a time.  No fault tells a byte of the secret.
 */
#ifndef RELAY_CONFIG_SECRET_H
#define RELAY_CONFIG_SECRET_H

#include <stdbool.h>

#include "relay/base/err.h"
#include "relay/config/key.h"

#define SECRET_FILE_MAX (64 * 1024)
#define SECRET_KEYS_MAX 16

/* With `plural` one key a line (blank lines do not count), else the whole
 * text without its last newline.  *out is untouched on a fault. */
int secret_from_file(struct secret *out, const char *path, bool plural, struct err *) MUST_CHECK;
int secret_from_env(struct secret *out, const char *name, bool plural, struct err *) MUST_CHECK;

void secret_fini(struct secret *);
bool secret_equal(const struct secret *, const struct secret *);

#endif

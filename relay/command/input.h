/*
 * input.h - what commands read: files named on the command line, and the
 * config with its templates.
 */
#ifndef RELAY_COMMAND_INPUT_H
#define RELAY_COMMAND_INPUT_H

#include <stdbool.h>
#include <stddef.h>

#include "relay/base/buf.h"
#include "relay/base/err.h"
#include "relay/command/command.h"
#include "relay/flow/load.h"

#define INPUT_MAX ((size_t)64 * 1024 * 1024)

/* A whole file, or standard input for "-", added to `out`. */
int input_read(const char *path, struct buf *out, struct err *) MUST_CHECK;

/* As `serve` would load them; false when there are faults, which are on stderr then. */
bool input_load(const struct command_context *, struct loaded *);

/* "driftbell: WHAT: why" to stderr, both made fit for a terminal; what may be NULL. */
void input_complain(const char *what, const char *why);

/* That the config has no such WHAT ("sink"), and which it has: the items of the
 * list begin with their name.  Returns -1. */
int input_no_such(struct err *, const char *what, const char *name, const struct key_list *,
                  size_t item_size);

/* Text of several lines to stdout, `indent` before each, control bytes but the
 * line ends escaped. */
void input_print_lines(const char *text, const char *indent);

#endif

/*
 * explain_print.h - a dry run's report (flow/dryrun.h) for people to read.
 */
#ifndef RELAY_COMMAND_EXPLAIN_PRINT_H
#define RELAY_COMMAND_EXPLAIN_PRINT_H

#include <jansson.h>
#include <stdbool.h>

/* One file's, to stdout; whatever came from outside is made fit for a terminal.
 * bodies: messages as they would go out, instead of in short. */
void explain_print(const char *file, const json_t *report, bool bodies);
/* What the scratch store was. */
void explain_print_basis(const json_t *basis);

#endif

/*
 * table.h - rows of text for a terminal, in columns that fit what is in them.
 *
 * Rows are collected and printed in batches, so that a long list needs no more
 * memory than one page of it: columns grow with what comes and never shrink.
 */
#ifndef RELAY_COMMAND_TABLE_H
#define RELAY_COMMAND_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TABLE_COLUMNS_MAX 10
#define TABLE_WIDTH_MAX 60 /* what is longer moves the rest of its row */

struct table {
	const char *const *titles; /* ended by NULL */
	size_t columns;
	size_t widths[TABLE_COLUMNS_MAX];
	char **cells; /* of the rows not printed yet, one after the other */
	size_t count;
	bool begun; /* the titles are printed */
};

void table_init(struct table *, const char *const *titles);
/* The next cell, from the left; copied.  Text from outside is made fit for a
 * terminal; NULL and "" are shown as "-". */
void table_cell(struct table *, const char *);
/* Prints what there is, to stdout; the titles before the first row. */
void table_print(struct table *);
/* Does not print. */
void table_fini(struct table *);

#define AGE_SIZE 32
/* "now", "5 min ago", "3 h ago", "12 d ago"; NULL where there is no time. */
const char *age_text(int64_t at_ms, int64_t now_ms, char out[AGE_SIZE]);

#endif

/*
 * catch.h - what a function prints to stdout, as text.
 */
#ifndef TESTS_UNIT_COMMAND_CATCH_H
#define TESTS_UNIT_COMMAND_CATCH_H

#include <stdio.h>

struct catch
{
	FILE *file;
	int before;
};

struct catch catch_begin(void);
/* The caller frees; the first 16 KB of it. */
char *catch_end(struct catch *);

#endif

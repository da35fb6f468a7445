/*
 * json_check.h - is this text JSON by RFC 8259?
 *
 * A validator that builds nothing and does not recurse.  It is stricter than
 * the parsers programs use in nothing but depth, and laxer than jansson where
 * the grammar is: numbers of any size, names given twice, any \uXXXX.
 */
#ifndef RELAY_BASE_JSON_CHECK_H
#define RELAY_BASE_JSON_CHECK_H

#include <stddef.h>

#include "relay/base/err.h"

/*
 * 0, or -1 with "line 1 column 17: a value is missing".  Arrays and objects
 * nested deeper than max_depth (at most 64) are refused.  The column counts
 * characters.  Nothing of the text is in the message.
 */
int json_check(const char *data, size_t len, int max_depth, struct err *) MUST_CHECK;

#endif

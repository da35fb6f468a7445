/*
 * cases.h - finding the golden cases: tests/data/KIND/CASE/input.json.
 */
#ifndef TESTS_UNIT_SOURCE_CASES_H
#define TESTS_UNIT_SOURCE_CASES_H

#include "relay/source/source.h"

struct golden_case {
	const struct source_kind *kind;
	char *name; /* "hcp_packer/revoke" */
	char *folder;
};

/* All of them, by kind and name; *count of them.  Never none: that is a failed test. */
struct golden_case *cases_find(size_t *count);
void cases_free(struct golden_case *, size_t count);

/* A file's bytes, NUL-terminated; NULL when it is not there.  Caller frees. */
char *file_read(const char *folder, const char *name, size_t *len);
/* The file as a tree; fails the test when it is none. */
json_t *file_tree(const char *folder, const char *name);

#endif

/*
 * documents.h - readings of documents.
 */
#ifndef TESTS_UNIT_HCP_DOCUMENTS_H
#define TESTS_UNIT_HCP_DOCUMENTS_H

#include <jansson.h>
#include <stddef.h>

#include "relay/base/err.h"

/* What is read of a text, given to the reader in chunks of `chunk` bytes (0:
 * all at once); NULL with err where it is refused. */
json_t *read_text(const char *text, size_t len, size_t chunk, struct err *err);
/* The same of a file.  Fails
 * the test where the file is not there or is refused. */
json_t *read_document(const char *path);
/* A text in which ' stands for ". */
json_t *read_quoted(const char *text);

/* One of the uses, by its `when` and external identifier (or address); NULL. */
json_t *use_of(const json_t *reading, const char *when, const char *identifier);

/* A file's bytes, NUL-terminated; NULL when it is not there.  Caller frees. */
char *file_bytes(const char *path, size_t *len);

#endif

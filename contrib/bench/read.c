/*
 * read.c - reads one plan or state with the relay's reader and prints what it
 * says.  For contrib/bench/read.
 */
#include <jansson.h>
#include <stdio.h>

#include "relay/hcp/reader.h"

static json_t *
read_file(FILE *file, struct err *err)
{
	static char chunk[65536];
	struct reader *reader = reader_new(NULL);
	json_t *reading = NULL;
	int rc = 0;

	for (size_t n; rc == 0 && (n = fread(chunk, 1, sizeof(chunk), file)) > 0;)
		rc = reader_feed(reader, chunk, n, err);
	if (rc == 0)
		rc = reader_end(reader, &reading, err);
	reader_free(reader);
	return rc == 0 ? reading : NULL;
}

int
main(int argc, char **argv)
{
	FILE *file = argc == 2 ? fopen(argv[1], "rb") : NULL;
	struct err err = {""};

	if (file == NULL) {
		fprintf(stderr, "usage: %s FILE\n", argv[0]);
		return 2;
	}
	json_t *reading = read_file(file, &err);

	fclose(file);
	if (reading == NULL) {
		fprintf(stderr, "%s: %s\n", argv[1], err.text);
		return 1;
	}
	json_dumpf(reading, stdout, JSON_INDENT(2) | JSON_PRESERVE_ORDER);
	puts("");
	json_decref(reading);
	return 0;
}

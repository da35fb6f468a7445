/*
 * read.c - reads one plan or state with the relay's reader and prints what it
 * says; with --cost the time it took and the most memory it had instead.
 * For contrib/bench/read.
 */
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "relay/hcp/reader.h"

static double
seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

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
	bool cost = argc == 3 && strcmp(argv[1], "--cost") == 0;
	FILE *file = argc == 2 || cost ? fopen(argv[argc - 1], "rb") : NULL;
	double begun = seconds();
	struct err err = {""};
	struct rusage usage;

	if (file == NULL) {
		fprintf(stderr, "usage: %s [--cost] FILE\n", argv[0]);
		return 2;
	}
	json_t *reading = read_file(file, &err);

	fclose(file);
	if (reading == NULL) {
		fprintf(stderr, "%s: %s\n", argv[argc - 1], err.text);
		return 1;
	}
	getrusage(RUSAGE_SELF, &usage);
	if (cost)
		printf("{\"seconds\": %.3f, \"peak_kb\": %ld}\n", seconds() - begun,
		       usage.ru_maxrss);
	else
		json_dumpf(reading, stdout, JSON_INDENT(2) | JSON_PRESERVE_ORDER);
	json_decref(reading);
	return 0;
}

/*
 * print_reading.c - for each line "CHUNK PATH" on standard input, what the
 * reader makes of that file given to it in chunks of that many bytes, as one
 * line of JSON; {"error": "..."} where it refuses it.
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "relay/base/mem.h"
#include "relay/hcp/reader.h"

static json_t *
reading_of(FILE *file, size_t chunk)
{
	struct reader *reader = reader_new(NULL);
	char *data = mem_alloc(chunk);
	json_t *reading = NULL;
	struct err err = {""};
	int rc = 0;

	for (size_t n; rc == 0 && (n = fread(data, 1, chunk, file)) > 0;)
		rc = reader_feed(reader, data, n, &err);
	if (rc == 0)
		rc = reader_end(reader, &reading, &err);
	free(data);
	reader_free(reader);
	return rc == 0 ? reading : json_pack("{s:s}", "error", err.text);
}

int
main(void)
{
	char line[4096];

	while (fgets(line, sizeof(line), stdin) != NULL) {
		char *path;
		size_t chunk = strtoul(line, &path, 10);

		path += strspn(path, " ");
		path[strcspn(path, "\n")] = '\0';
		FILE *file = chunk > 0 ? fopen(path, "rb") : NULL;

		if (file == NULL) {
			perror(path);
			return 1;
		}
		json_t *reading = reading_of(file, chunk);

		fclose(file);
		json_dumpf(reading, stdout, JSON_COMPACT | JSON_PRESERVE_ORDER);
		puts("");
		json_decref(reading);
	}
	return 0;
}

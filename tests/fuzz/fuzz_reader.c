/*
 * fuzz_reader.c - the reader of plans and states: any bytes, in chunks whose
 * size is the first byte.  Whole and in chunks the same comes out, what comes
 * out is what a reading is, and an error has words.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "relay/base/json.h"
#include "relay/base/mem.h"
#include "relay/hcp/reader.h"
#include "relay/hcp/reading.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static json_t *
reading_of(const char *data, size_t size, size_t chunk)
{
	struct reader *reader = reader_new(NULL);
	json_t *reading = NULL;
	struct err err = {""};
	int rc = 0;

	for (size_t at = 0; rc == 0 && at < size; at += chunk) {
		size_t n = size - at < chunk ? size - at : chunk;
		char *copy = mem_dup(data + at, n);

		rc = reader_feed(reader, copy, n, &err);
		free(copy);
	}
	if (rc == 0)
		rc = reader_end(reader, &reading, &err);
	if ((rc == 0) != (reading != NULL) || (rc != 0 && err.text[0] == '\0'))
		abort();
	reader_free(reader);
	return reading;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 2)
		return 0;

	const char *text = (const char *)data + 1;
	json_t *whole = reading_of(text, size - 1, size);
	json_t *parts = reading_of(text, size - 1, data[0] + 1u);
	struct reading reading;
	struct err err = {""};

	if ((whole == NULL) != (parts == NULL) || (whole != NULL && !json_equal(whole, parts)))
		abort();
	json_decref(parts);
	if (whole != NULL && reading_take(whole, &reading, &err) != 0)
		abort();
	if (whole != NULL)
		reading_fini(&reading);
	return 0;
}

#include "tests/unit/hcp/documents.h"

#include "tests/unit/hcp/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "relay/base/json.h"
#include "relay/base/mem.h"
#include "relay/hcp/reader.h"

json_t *
read_text(const char *text, size_t len, size_t chunk, struct err *err)
{
	struct reader *reader = reader_new(NULL);
	json_t *reading = NULL;
	int rc = 0;

	if (chunk == 0)
		chunk = len > 0 ? len : 1;
	for (size_t at = 0; rc == 0 && at < len; at += chunk) {
		size_t n = len - at < chunk ? len - at : chunk;
		char *copy = mem_dup(text + at, n); /* so that a sanitizer sees every overrun */

		rc = reader_feed(reader, copy, n, err);
		free(copy);
	}
	if (rc == 0)
		rc = reader_end(reader, &reading, err);
	reader_free(reader);
	assert_true(rc == 0 ? reading != NULL : reading == NULL && err->text[0] != '\0');
	return reading;
}

char *
file_bytes(const char *path, size_t *len)
{
	FILE *file = fopen(path, "rb");

	if (file == NULL)
		return NULL;
	assert_int_equal(fseek(file, 0, SEEK_END), 0);
	*len = (size_t)ftell(file);
	rewind(file);
	char *data = mem_alloc(*len + 1);

	assert_int_equal(fread(data, 1, *len, file), *len);
	fclose(file);
	return data;
}

json_t *
read_document(const char *path)
{
	size_t len;
	char *text = file_bytes(path, &len);
	struct err err = {""};

	if (text == NULL)
		fail_msg("%s: not there", path);
	json_t *reading = read_text(text, len, 0, &err);

	if (reading == NULL)
		fail_msg("%s: %s", path, err.text);
	free(text);
	return reading;
}

json_t *
read_quoted(const char *text)
{
	char *copy = mem_str(text);
	struct err err = {""};

	for (char *p = copy; *p != '\0'; p++)
		if (*p == '\'')
			*p = '"';
	json_t *reading = read_text(copy, strlen(copy), 0, &err);

	if (reading == NULL)
		fail_msg("%s", err.text);
	free(copy);
	return reading;
}

json_t *
use_of(const json_t *reading, const char *when, const char *identifier)
{
	size_t index;
	json_t *use;

	json_array_foreach(json_object_get(reading, "uses"), index, use)
	{
		const char *id = json_text_at(use, "external_identifier");

		if (id == NULL)
			id = json_text_at(use, "address");
		if (id != NULL && strcmp(id, identifier) == 0 &&
		    strcmp(json_text_at(use, "when"), when) == 0)
			return use;
	}
	return NULL;
}

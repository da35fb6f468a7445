/*
 * Golden readings: tests/data/readings/CASE/document.json and the reading.json
 * it becomes, whatever the size of the chunks.  The documents are made by
 * tests/peer/terraform.py or written by hand; a new folder is a new case.
 */
#include "tests/unit/hcp/unit.h"

#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "relay/base/json.h"
#include "relay/base/mem.h"
#include "tests/unit/hcp/documents.h"

static void
write_golden(const char *path, const json_t *reading)
{
	FILE *file = fopen(path, "wb");

	assert_non_null(file);
	json_dumpf(reading, file, JSON_INDENT(1) | JSON_PRESERVE_ORDER);
	fputs("\n", file);
	fclose(file);
}

static void
check_case(const char *folder)
{
	static const size_t chunks[] = {0, 1, 2, 3, 61, 4096};
	char *document = mem_fmt("%s/document.json", folder);
	char *golden = mem_fmt("%s/reading.json", folder);
	const char *mode = getenv("DRIFTBELL_GOLDEN");
	size_t len;
	char *text = file_bytes(document, &len);

	assert_non_null(text);
	for (size_t i = 0; i < COUNT(chunks); i++) {
		struct err err = {""};
		json_t *reading = read_text(text, len, chunks[i], &err);

		if (reading == NULL)
			reading = json_pack("{s:s}", "error", err.text);
		if (mode != NULL && strcmp(mode, "write") == 0)
			write_golden(golden, reading);
		json_t *expected = json_load_file(golden, 0, NULL);

		if (!json_equal(reading, expected))
			fail_msg("%s, in chunks of %zu: another reading", folder, chunks[i]);
		json_decref(expected);
		json_decref(reading);
	}
	free(text);
	free(document);
	free(golden);
}

static void
documents_are_read_as_written_down(void **state)
{
	glob_t found = {0};

	(void)state;
	assert_int_equal(glob(TEST_DATA_DIR "/readings/*", 0, NULL, &found), 0);
	for (size_t i = 0; i < found.gl_pathc; i++)
		check_case(found.gl_pathv[i]);
	print_message("%zu documents\n", found.gl_pathc);
	globfree(&found);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(documents_are_read_as_written_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

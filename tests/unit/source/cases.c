#include "tests/unit/source/cases.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "relay/base/json.h"
#include "relay/base/mem.h"

#define DATA_DIR TEST_DATA_DIR "/"

static struct golden_case *
add_kind(struct golden_case *cases, size_t *count, const struct source_kind *kind)
{
	char *pattern = mem_fmt(DATA_DIR "%s/*/input.json", kind->conf.name);
	glob_t found = {0};

	assert_int_equal(glob(pattern, 0, NULL, &found), 0);
	cases = mem_grow(cases, *count + found.gl_pathc, sizeof(*cases));
	for (size_t i = 0; i < found.gl_pathc; i++) {
		const char *path = found.gl_pathv[i];
		size_t len = strlen(path) - strlen("/input.json");
		struct golden_case *one = &cases[(*count)++];

		one->kind = kind;
		one->folder = mem_strn(path, len);
		one->name = mem_str(one->folder + strlen(DATA_DIR));
	}
	globfree(&found);
	free(pattern);
	return cases;
}

struct golden_case *
cases_find(size_t *count)
{
	struct golden_case *cases = NULL;

	*count = 0;
	for (size_t i = 0; source_kinds[i] != NULL; i++)
		cases = add_kind(cases, count, source_kinds[i]);
	return cases;
}

void
cases_free(struct golden_case *cases, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		free(cases[i].folder);
		free(cases[i].name);
	}
	free(cases);
}

char *
file_read(const char *folder, const char *name, size_t *len)
{
	char *path = mem_fmt("%s/%s", folder, name);
	FILE *file = fopen(path, "rb");
	char *data = NULL;

	free(path);
	if (file == NULL)
		return NULL;
	assert_int_equal(fseek(file, 0, SEEK_END), 0);
	*len = (size_t)ftell(file);
	rewind(file);
	data = mem_alloc(*len + 1);
	assert_int_equal(fread(data, 1, *len, file), *len);
	fclose(file);
	return data;
}

json_t *
file_tree(const char *folder, const char *name)
{
	size_t len;
	char *data = file_read(folder, name, &len);
	json_t *tree = NULL;
	struct err err = {0};

	assert_non_null(data);
	if (json_read(data, len, &tree, &err) != JSON_TREE)
		fail_msg("%s/%s: %s", folder, name, err.text);
	free(data);
	return tree;
}

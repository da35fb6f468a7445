#include "relay/base/json.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "relay/base/clock.h"
#include "relay/base/json_check.h"
#include "relay/base/text.h"

/*
 * jansson's own messages quote the text around the fault, and a body may hold
 * tokens: only our words are told.
 */
static const char *
refusal(const json_error_t *error)
{
	static const struct {
		enum json_error_code code;
		const char *words;
	} table[] = {
		{json_error_duplicate_key, "a name stands twice in one object"},
		{json_error_numeric_overflow, "a number is out of range"},
		{json_error_null_character, "U+0000 in a text"},
		{json_error_null_byte_in_key, "U+0000 in a name"},
		{json_error_invalid_syntax, "half of a surrogate pair"},
		{json_error_out_of_memory, "too large"},
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (json_error_code(error) == table[i].code)
			return table[i].words;
	return "cannot be read whole";
}

/*
 * What jansson takes is JSON, but for two things: it passes over NUL bytes
 * between tokens, and it nests deeper than we want.  A text without NUL and
 * with few brackets cannot do either.
 */
static bool
needs_check(const char *data, size_t len)
{
	size_t brackets = 0;

	for (size_t i = 0; i < len; i++)
		brackets += (size_t)(data[i] == '[') + (size_t)(data[i] == '{');
	return brackets > JSON_DEPTH_MAX || memchr(data, '\0', len) != NULL;
}

/*
 * Our check tells "not JSON" from "more than jansson takes" whatever stands
 * first in the text, and keeps deep nesting away from jansson, which recurses.
 * Most texts are taken without it.
 */
enum json_answer
json_read(const char *data, size_t len, json_t **out, struct err *err)
{
	bool checked = needs_check(data, len);
	json_error_t error;

	*out = NULL;
	if (checked && json_check(data, len, JSON_DEPTH_MAX, err) < 0)
		return JSON_NOT_JSON;
	*out = json_loadb(data, len, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
	if (*out != NULL)
		return JSON_TREE;
	if (!checked && json_check(data, len, JSON_DEPTH_MAX, err) < 0)
		return JSON_NOT_JSON;
	err_set(err, "line %d column %d: %s", error.line, error.column, refusal(&error));
	return JSON_NOT_WHOLE;
}

static json_t *
step_into(const json_t *from, const char *name, size_t len)
{
	size_t index = 0;

	if (json_is_object(from))
		return json_object_getn(from, name, len);
	if (!json_is_array(from) || len == 0 || len > 9)
		return NULL;
	for (size_t i = 0; i < len; i++) {
		if (name[i] < '0' || name[i] > '9')
			return NULL;
		index = index * 10 + (size_t)(name[i] - '0');
	}
	return json_array_get(from, index);
}

json_t *
json_at(const json_t *from, const char *path)
{
	for (;;) {
		size_t len = strcspn(path, ".");
		json_t *found = step_into(from, path, len);

		if (found == NULL || path[len] == '\0')
			return found;
		from = found;
		path += len + 1;
	}
}

const char *
json_text_at(const json_t *from, const char *path)
{
	return json_string_value(json_at(from, path));
}

const char *
json_filled_at(const json_t *from, const char *path)
{
	const char *text = json_text_at(from, path);

	return text != NULL && *text != '\0' ? text : NULL;
}

/* "-12" and "12", all of it digits, and within 64 bits. */
static int64_t
text_to_int(const char *text, int64_t fallback)
{
	const char *digits = *text == '-' ? text + 1 : text;

	if (*digits == '\0' || digits[strspn(digits, "0123456789")] != '\0')
		return fallback;
	errno = 0;
	int64_t value = strtoimax(text, NULL, 10);
	return errno == 0 ? value : fallback;
}

int64_t
json_int_at(const json_t *from, const char *path, int64_t fallback)
{
	const json_t *found = json_at(from, path);

	if (json_is_integer(found))
		return json_integer_value(found);
	if (json_is_string(found))
		return text_to_int(json_string_value(found), fallback);
	return fallback;
}

bool
json_true_at(const json_t *from, const char *path)
{
	return json_is_true(json_at(from, path));
}

int64_t
json_time_at(const json_t *from, const char *path)
{
	return time_or_none(json_text_at(from, path));
}

json_t *
json_text_or_null(const char *text)
{
	json_t *made = text ? json_string(text) : NULL; /* NULL too when it is not UTF-8 */

	return made ? made : json_null();
}

json_t *
json_time_or_null(int64_t ms)
{
	char text[TIME_TEXT_SIZE];

	return ms ? json_string(time_text(ms, text)) : json_null();
}

json_t *
json_http_url_or_null(const char *url)
{
	return json_text_or_null(url_is_http(url) ? url : NULL);
}

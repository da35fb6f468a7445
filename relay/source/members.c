/*
 * members.c - what can be read of an object that jansson cannot take whole.
 *
 * It refuses all of a text for one name given twice, one half of a surrogate pair,
 * one U+0000, one number beyond its range, wherever that is.  Here each member is a
 * text of its own.
 */
#include <jansson.h>
#include <string.h>

#include "relay/source/parts.h"
#include "relay/source/scan.h"

static json_t *
slice_read(const char *from, const char *behind)
{
	return json_loadb(from, (size_t)(behind - from), JSON_REJECT_DUPLICATES | JSON_DECODE_ANY,
	                  NULL);
}

/* Of a name that stands twice nobody knows which one is meant: neither is. */
static void
member_add(json_t *out, json_t *seen, const char *name, json_t *value)
{
	if (json_object_get(seen, name) != NULL)
		json_object_del(out, name);
	else if (value != NULL)
		json_object_set(out, name, value);
	json_object_set_new(seen, name, json_true());
}

json_t *
members_read(const char *body, size_t len)
{
	const char *end = body + len, *at = scan_space(body, end);
	json_t *out = json_object(), *seen = json_object();

	if (at < end && *at == '{')
		at = scan_space(at + 1, end);
	while (at < end && *at == '"') {
		const char *behind_name = scan_string(at, end);
		const char *colon = scan_space(behind_name, end);
		const char *from = colon < end ? scan_space(colon + 1, end) : end;
		const char *behind = scan_value(from, end);
		json_t *name = slice_read(at, behind_name), *value = slice_read(from, behind);

		if (name != NULL)
			member_add(out, seen, json_string_value(name), value);
		json_decref(name);
		json_decref(value);
		at = scan_space(behind, end);
		if (at < end && *at == ',')
			at = scan_space(at + 1, end);
	}
	json_decref(seen);
	return out;
}

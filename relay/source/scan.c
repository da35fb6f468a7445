#include "relay/source/scan.h"

#include <stddef.h>
#include <string.h>

const char *
scan_space(const char *at, const char *end)
{
	while (at < end && (*at == ' ' || *at == '\t' || *at == '\n' || *at == '\r'))
		at++;
	return at;
}

const char *
scan_string(const char *at, const char *end)
{
	for (at++; at < end; at++) {
		if (*at == '"')
			return at + 1;
		if (*at == '\\' && at + 1 < end)
			at++;
	}
	return end;
}

/* Behind an object or array, whatever is in it. */
static const char *
scan_nested(const char *at, const char *end)
{
	size_t depth = 0;

	while (at < end) {
		if (*at == '"') {
			at = scan_string(at, end);
			continue;
		}
		if (*at == '{' || *at == '[')
			depth++;
		else if (*at == '}' || *at == ']')
			depth--;
		at++;
		if (depth == 0)
			break;
	}
	return at;
}

const char *
scan_value(const char *at, const char *end)
{
	if (at == end)
		return at;
	if (*at == '"')
		return scan_string(at, end);
	if (*at == '{' || *at == '[')
		return scan_nested(at, end);
	while (at < end && strchr(",}] \t\r\n", *at) == NULL)
		at++;
	return at;
}

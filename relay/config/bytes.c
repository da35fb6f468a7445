#include "relay/config/bytes.h"

#include <string.h>

#include "relay/base/text.h"

/* Both give the number of the first line that is not as it should be, or 0. */

static int
line_not_utf8(const char *text, size_t len)
{
	int line = 1;

	for (size_t start = 0; start < len; line++) {
		const char *end = memchr(text + start, '\n', len - start);
		size_t stop = end != NULL ? (size_t)(end - text) + 1 : len;

		if (!utf8_valid(text + start, stop - start))
			return line;
		start = stop;
	}
	return 0;
}

static int
line_with_control_byte(const char *text, size_t len)
{
	int line = 1;

	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)text[i];

		if ((c < ' ' && strchr("\t\r\n", c) == NULL) || c == '\0' || c == 0x7f)
			return line;
		line += c == '\n';
	}
	return 0;
}

static int
line_after_many_empty(const char *text, size_t len)
{
	int line = 1, empty = 0;
	bool blank = true;

	for (size_t i = 0; i < len; i++) {
		bool second_half = text[i] == '\n' && i > 0 && text[i - 1] == '\r';

		line += text[i] == '\n';
		if (second_half)
			continue;
		if (text[i] == '\n' || text[i] == '\r') {
			empty = blank ? empty + 1 : 0;
			blank = true;
			if (empty > EMPTY_LINES_MAX)
				return line;
		} else if (text[i] != ' ' && text[i] != '\t') {
			blank = false;
		}
	}
	return 0;
}

bool
bytes_are_text(const char *text, size_t len, struct faults *faults)
{
	int line;

	if (len > CONFIG_SIZE_MAX)
		faults_add(faults, 1, 1, "the file is larger than %d bytes", CONFIG_SIZE_MAX);
	else if ((line = line_not_utf8(text, len)) > 0)
		faults_add(faults, line, 1, "this line is not UTF-8");
	else if ((line = line_with_control_byte(text, len)) > 0)
		faults_add(faults, line, 1, "this line holds a control byte");
	else if ((line = line_after_many_empty(text, len)) > 0)
		faults_add(faults, line, 1, "more than %d empty lines in a row", EMPTY_LINES_MAX);
	return faults->errors == 0;
}

#include "relay/base/json_check.h"

#include <endian.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "relay/base/json_note.h"
#include "relay/base/text.h"

enum expect {
	VALUE,
	VALUE_OR_CLOSE, /* behind "[" */
	NAME,
	NAME_OR_CLOSE, /* behind "{" */
	COMMA_OR_CLOSE,
	END,
};

struct check {
	const char *at;
	const char *end;
	enum expect expect;
	int max_depth;
	int depth;
	uint64_t objects; /* bit 0: the innermost one open is an object; bit 1: the next ... */
	bool escaped;     /* the last string had a backslash */
	struct json_notes *notes; /* NULL: nobody wants to know */
};

static bool
is_space(char c)
{
	return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_hex(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static bool
take(struct check *c, char wanted)
{
	if (c->at == c->end || *c->at != wanted)
		return false;
	c->at++;
	return true;
}

static void
skip_space(struct check *c)
{
	while (c->at < c->end && is_space(*c->at))
		c->at++;
}

static void
value_done(struct check *c)
{
	c->expect = c->depth > 0 ? COMMA_OR_CLOSE : END;
}

/*
 * Every function below moves c->at over what it takes and returns NULL, or
 * what is wrong at c->at.
 */

static const char *
open_one(struct check *c, bool object)
{
	if (c->depth == c->max_depth)
		return "nested too deep";
	if (c->notes != NULL)
		note_open(c->notes, c->at);
	c->at++;
	c->depth++;
	c->objects = c->objects << 1 | object;
	c->expect = object ? NAME_OR_CLOSE : VALUE_OR_CLOSE;
	return NULL;
}

static void
close_one(struct check *c)
{
	c->at++;
	c->depth--;
	c->objects >>= 1;
	if (c->notes != NULL)
		note_close(c->notes, c->at);
	value_done(c);
}

/* The four digits of U+0000 and of surrogates. */
static bool
is_delicate(const char *digits)
{
	return memcmp(digits, "0000", 4) == 0 ||
	       ((digits[0] == 'd' || digits[0] == 'D') && digits[1] >= '8');
}

static const char *
check_escape(struct check *c)
{
	if (c->end - c->at < 2)
		return "a string without an end";
	if (c->at[1] != 'u') {
		if (c->at[1] == '\0' || strchr("\"\\/bfnrt", c->at[1]) == NULL)
			return "an unknown escape in a string";
		c->at += 2;
		return NULL;
	}
	if (c->end - c->at < 6 || !is_hex(c->at[2]) || !is_hex(c->at[3]) || !is_hex(c->at[4]) ||
	    !is_hex(c->at[5]))
		return "an escape without its four hex digits";
	if (c->notes != NULL && is_delicate(c->at + 2))
		c->notes->unsure = true;
	c->at += 6;
	return NULL;
}

/* Eight bytes at a time that mean themselves: no quote, backslash, control
 * character or more than ASCII.  A byte's high bit says that it may be one.  A
 * borrow from the byte before can say so too, so the first that says so is one. */
static void
skip_plain(struct check *c)
{
	const uint64_t ones = UINT64_C(0x0101010101010101);
	uint64_t eight, odd;

	while (c->end - c->at >= (ptrdiff_t)sizeof(eight)) {
		memcpy(&eight, c->at, sizeof(eight));
		eight = le64toh(eight);
		odd = (eight | (eight - ones * 0x20) | ((eight ^ ones * '"') - ones) |
		       ((eight ^ ones * '\\') - ones)) &
		      ones * 0x80;
		if (odd != 0) {
			c->at += __builtin_ctzll(odd) / 8;
			return;
		}
		c->at += sizeof(eight);
	}
}

static const char *
check_string(struct check *c)
{
	const char *fault = NULL;

	c->escaped = false;
	c->at++;
	while (c->at < c->end && fault == NULL) {
		skip_plain(c);
		if (c->at == c->end)
			break;

		unsigned char byte = (unsigned char)*c->at;
		if (byte == '"') {
			c->at++;
			return NULL;
		}
		if (byte == '\\') {
			c->escaped = true;
			fault = check_escape(c);
		} else if (byte < 0x20) {
			fault = "a control character in a string";
		} else if (byte < 0x80) {
			c->at++;
		} else {
			size_t n = utf8_next(c->at, (size_t)(c->end - c->at));

			if (n == 0)
				fault = "not UTF-8";
			c->at += n;
		}
	}
	return fault ? fault : "a string without an end";
}

static bool
take_digits(struct check *c)
{
	const char *from = c->at;

	while (c->at < c->end && is_digit(*c->at))
		c->at++;
	return c->at > from;
}

static const char *
check_number(struct check *c)
{
	take(c, '-');
	if (!take(c, '0') && !take_digits(c))
		return "a number without digits";
	if (take(c, '.') && !take_digits(c))
		return "a number without digits behind its point";
	if (take(c, 'e') || take(c, 'E')) {
		if (!take(c, '+'))
			take(c, '-');
		if (!take_digits(c))
			return "a number without digits in its exponent";
	}
	return NULL;
}

static const char *
check_literal(struct check *c)
{
	static const char *const literals[] = {"true", "false", "null"};

	for (size_t i = 0; i < sizeof(literals) / sizeof(literals[0]); i++) {
		size_t len = strlen(literals[i]);

		if ((size_t)(c->end - c->at) >= len && memcmp(c->at, literals[i], len) == 0) {
			c->at += len;
			return NULL;
		}
	}
	return "a value is missing";
}

static const char *
check_value(struct check *c)
{
	const char *from = c->at, *fault;

	if (c->notes != NULL && c->depth > 0 && !(c->objects & 1))
		note_element(c->notes);
	switch (*c->at) {
	case '{':
		return open_one(c, true);
	case '[':
		return open_one(c, false);
	case '"':
		fault = check_string(c);
		break;
	default:
		if (*c->at == '-' || is_digit(*c->at))
			fault = check_number(c);
		else
			fault = check_literal(c);
	}
	if (fault == NULL && c->notes != NULL)
		note_value(c->notes, from, c->at, *from == '"' && c->escaped);
	value_done(c);
	return fault;
}

static const char *
check_name(struct check *c)
{
	const char *from = c->at + 1, *fault;

	if (*c->at != '"')
		return "a name in quotes is missing";
	fault = check_string(c);
	if (fault != NULL)
		return fault;
	if (c->notes != NULL)
		note_name(c->notes, from, c->at - 1, c->escaped);
	skip_space(c);
	if (!take(c, ':'))
		return "':' is missing";
	c->expect = VALUE;
	return NULL;
}

static const char *
check_comma(struct check *c)
{
	bool object = c->objects & 1;

	if (*c->at == (object ? '}' : ']'))
		close_one(c);
	else if (take(c, ','))
		c->expect = object ? NAME : VALUE;
	else
		return object ? "',' or '}' is missing" : "',' or ']' is missing";
	return NULL;
}

static const char *
check_step(struct check *c)
{
	switch (c->expect) {
	case VALUE_OR_CLOSE:
		if (*c->at == ']')
			break;
		return check_value(c);
	case VALUE:
		return check_value(c);
	case NAME_OR_CLOSE:
		if (*c->at == '}')
			break;
		return check_name(c);
	case NAME:
		return check_name(c);
	case COMMA_OR_CLOSE:
		return check_comma(c);
	case END:
		return "more text behind the document";
	}
	close_one(c);
	return NULL;
}

static const char *
check_document(struct check *c)
{
	for (;;) {
		skip_space(c);
		if (c->at == c->end)
			return c->expect == END ? NULL : "the text ends too early";

		const char *fault = check_step(c);
		if (fault != NULL)
			return fault;
	}
}

static int
report(const struct check *c, const char *from, const char *fault, struct err *err)
{
	size_t line = 1;
	size_t column = 1;

	for (; from < c->at; from++) {
		if (*from == '\n') {
			line++;
			column = 1;
		} else if (((unsigned char)*from & 0xc0) != 0x80) {
			column++;
		}
	}
	return err_set(err, "line %zu column %zu: %s", line, column, fault);
}

static int
check(struct check *c, const char *data, struct err *err)
{
	const char *fault = check_document(c);

	return fault == NULL ? 0 : report(c, data, fault, err);
}

int
json_check(const char *data, size_t len, int max_depth, struct err *err)
{
	struct check c = {.at = data, .end = data + len, .expect = VALUE, .max_depth = max_depth};

	return check(&c, data, err);
}

int
json_check_noting(const char *data, size_t len, struct json_notes *notes, struct err *err)
{
	struct check c = {.at = data,
	                  .end = data + len,
	                  .expect = VALUE,
	                  .max_depth = JSON_DEPTH_MAX,
	                  .notes = notes};

	return check(&c, data, err);
}

/* Values as text. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "relay/base/mem.h"
#include "relay/message/template_internal.h"

#define DECIMALS 6

/* Without an exponent, and without zeros at the end. */
static void
add_real(struct buf *out, double value)
{
	char *text = mem_fmt("%.*f", DECIMALS, value);
	size_t len = strlen(text);

	while (text[len - 1] == '0')
		len--;
	if (text[len - 1] == '.')
		len--;
	text[len] = '\0';
	buf_puts(out, strcmp(text, "-0") == 0 ? "0" : text);
	free(text);
}

static void
add_json(struct buf *out, const json_t *value)
{
	char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);

	if (text == NULL)
		return;
	buf_puts(out, text);
	free(text);
}

void
value_add_text(struct buf *out, const json_t *value)
{
	switch (json_typeof(value)) {
	case JSON_STRING:
		buf_add(out, json_string_value(value), json_string_length(value));
		break;
	case JSON_INTEGER:
		buf_printf(out, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
		break;
	case JSON_REAL:
		add_real(out, json_real_value(value));
		break;
	case JSON_TRUE:
		buf_puts(out, "true");
		break;
	case JSON_FALSE:
		buf_puts(out, "false");
		break;
	case JSON_NULL:
		break;
	default:
		add_json(out, value);
		break;
	}
}

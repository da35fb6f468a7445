/*
 * Makes mails of what it is told, so that another program can read them back.
 * Each line of standard input is an object, and gives one line of output:
 *
 *	{"from", "to": [], "subject", "text", ...}  {"mail": TEXT}
 *	{"header": TEXT}                            {"wire": TEXT}   (at column 0)
 *	{"quoted": TEXT}                            {"wire": TEXT}
 *	{"address": TEXT}                           {"valid": BOOL}
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "relay/base/buf.h"
#include "relay/base/json.h"
#include "relay/base/mem.h"
#include "sinks/mail_address.h"
#include "sinks/mail_message.h"

/* Borrowed texts of a list; the caller frees the array. */
static const char **
texts_at(const json_t *in, const char *path, size_t *count)
{
	const json_t *list = json_at(in, path);
	const char **texts = mem_array(json_array_size(list) + 1, sizeof(*texts));

	*count = json_array_size(list);
	for (size_t i = 0; i < *count; i++)
		texts[i] = json_string_value(json_array_get(list, i));
	return texts;
}

static void
build(const json_t *in, struct buf *out)
{
	const struct mail_header extra[] = {{"X-Driftbell-Kind", json_text_at(in, "kind")},
	                                    {NULL, NULL}};
	struct mail mail = {
		.from_name = json_text_at(in, "from_name"),
		.from = json_text_at(in, "from"),
		.reply_to = json_text_at(in, "reply_to"),
		.subject = json_text_at(in, "subject"),
		.date_ms = json_int_at(in, "date_ms", 0),
		.message_id = json_text_at(in, "message_id"),
		.list_name = json_text_at(in, "list_name"),
		.list_id = json_text_at(in, "list_id"),
		.extra = extra,
		.text = json_text_at(in, "text"),
		.html = json_text_at(in, "html"),
	};
	const char **to = texts_at(in, "to", &mail.to_count);
	const char **references = texts_at(in, "references", &mail.reference_count);

	mail.to = to;
	mail.references = references;
	mail_build(&mail, out);
	free(to);
	free(references);
}

static json_t *
answer(const json_t *in)
{
	const char *header = json_text_at(in, "header"), *quoted = json_text_at(in, "quoted");
	const char *address = json_text_at(in, "address");
	struct buf out = {0};

	if (address)
		return json_pack("{s:b}", "valid", mail_address_valid(address));
	if (header)
		mail_header_text(&out, header, 0);
	else if (quoted)
		mail_quoted_printable(&out, quoted);
	else
		build(in, &out);
	json_t *said = json_pack("{s:s}", header || quoted ? "wire" : "mail", buf_text(&out));
	buf_fini(&out);
	return said;
}

int
main(void)
{
	char *line = NULL;
	size_t size = 0;
	int rc = 0;

	while (rc == 0 && getline(&line, &size, stdin) > 0) {
		json_t *in = json_loads(line, 0, NULL);
		json_t *said = in ? answer(in) : NULL;
		rc = said ? json_dumpf(said, stdout, JSON_COMPACT) : -1;
		putchar('\n');
		json_decref(said);
		json_decref(in);
	}
	free(line);
	return rc == 0 && fflush(stdout) == 0 ? 0 : 1;
}

#include "tests/flow/shown.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "relay/base/clock.h"
#include "relay/base/json.h"
#include "relay/base/mem.h"
#include "relay/message/templates.h"
#include "sinks/sink.h"

/* The shipped ones: a story has no folder of its own.  Loaded once, for trying
 * them on all samples takes a hundred times as long as one message. */
static const struct templates *
shipped_templates(void)
{
	static struct templates *templates;
	struct buf report = {0};

	if (templates == NULL && templates_load(&templates, NULL, &report) != 0)
		mem_die(buf_text(&report));
	buf_fini(&report);
	return templates;
}

static char *
message_text(const struct address *to, const struct claimed *claimed, int64_t now_ms)
{
	const struct message message = {
		.id = claimed->notification_id,
		.revision = claimed->revision,
		.document = claimed->document,
		.speaks = claimed->speaks,
		.attempt_at_ms = now_ms,
		.reference = claimed->reference,
	};
	struct err fault = {""};
	char *text = sink_kind_named(to->sink->kind->name)
	                     ->show(to->sink->options, to->team, shipped_templates(), &message,
	                            NULL, &fault);

	if (fault.text[0] != '\0')
		mem_die(fault.text);
	return text;
}

/* Quoted-printable (RFC 2045, 6.7), so that it can be read. */
static void
decode_quoted(char *text)
{
	char *out = text;

	for (const char *in = text; *in != '\0'; in++) {
		char byte[3] = {in[0] == '=' ? in[1] : '\0', in[1], '\0'};

		byte[1] = byte[0] != '\0' ? in[2] : '\0';
		if (byte[0] == '\n') {
			in++;
		} else if (isxdigit((unsigned char)byte[0]) && isxdigit((unsigned char)byte[1])) {
			*out++ = (char)strtol(byte, NULL, 16);
			in += 2;
		} else {
			*out++ = *in;
		}
	}
	*out = '\0';
}

/* A mail's boundary is made of ids, which are others each time; and its HTML
 * says what its plain text says (tests/data/messages has it for each kind). */
static void
tame_mail(char *text)
{
	static const char mark[] = "=_driftbell_", html[] = "Content-Type: text/html";
	char *rest = strstr(text, html);

	if (rest != NULL)
		*rest = '\0';
	decode_quoted(text);
	for (char *at = text; (at = strstr(at, mark)) != NULL;)
		for (at += strlen(mark); isxdigit((unsigned char)*at); at++)
			*at = 'x';
}

void
shown_add(struct buf *out, struct record *names, const struct address *to,
          const struct claimed *claimed, int64_t now_ms)
{
	char *text = message_text(to, claimed, now_ms), at[TIME_TEXT_SIZE];
	struct buf before = names->text; /* record_text() writes there */

	if (strcmp(to->sink->kind->name, "email") == 0)
		tame_mail(text);
	names->text = *out;
	buf_printf(&names->text, "\n== %s sink=%s reason=%s\n\n", time_text(now_ms, at),
	           to->sink->name, json_text_at(claimed->document, "reason"));
	record_text(names, text);
	buf_putc(&names->text, '\n');
	*out = names->text;
	names->text = before;
	free(text);
}

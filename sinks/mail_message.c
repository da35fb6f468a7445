#include "sinks/mail_message.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "relay/base/mem.h"
#include "relay/base/sign.h"
#include "sinks/mail_parts.h"

/* For the fields of the parts, the boundaries and the note of a cut. */
#define FRAME_MAX 1024
#define CUT_NOTE "[The rest did not fit into a mail.]\r\n"
/* "=_" cannot be in a quoted-printable line, so no body ends its part early. */
#define BOUNDARY_BEGIN "=_driftbell_"
#define BOUNDARY_SIZE (sizeof(BOUNDARY_BEGIN) + 32)

/* The same for the same mail, and another one for each. */
static void
boundary_of(const struct mail *mail, char out[BOUNDARY_SIZE])
{
	char digest[SHA256_HEX_SIZE];

	sha256_hex(mail->message_id, strlen(mail->message_id), digest);
	memcpy(out, BOUNDARY_BEGIN, sizeof(BOUNDARY_BEGIN));
	strncat(out, digest, 32);
}

static void
add_headers(struct buf *out, const struct mail *mail)
{
	size_t count = mail->reference_count;
	/* The thread's root and the newest. */
	size_t skipped = count > MAIL_REFERENCES_MAX ? count - MAIL_REFERENCES_MAX : 0;
	const char *references[MAIL_REFERENCES_MAX];

	for (size_t i = 0; i < count - skipped; i++)
		references[i] = mail->references[i ? i + skipped : 0];
	mail_field_date(out, "Date", mail->date_ms);
	mail_field_angle(out, "From", mail->from_name, mail->from);
	if (mail->reply_to)
		mail_field_addresses(out, "Reply-To", &mail->reply_to, 1);
	mail_field_addresses(out, "To", mail->to, mail->to_count);
	mail_field_text(out, "Subject", mail->subject);
	mail_field_ids(out, "Message-ID", &mail->message_id, 1);
	if (count)
		mail_field_ids(out, "In-Reply-To", &mail->references[count - 1], 1);
	mail_field_ids(out, "References", references, count - skipped);
	mail_field_text(out, "Auto-Submitted", "auto-generated"); /* RFC 3834 */
	mail_field_text(out, "X-Auto-Response-Suppress", "All");
	mail_field_text(out, "Precedence", "bulk");
	mail_field_angle(out, "List-Id", mail->list_name, mail->list_id);
	for (const struct mail_header *h = mail->extra; h && h->name; h++)
		mail_field_text(out, h->name, h->value);
	mail_field_text(out, "MIME-Version", "1.0");
}

static void
add_part(struct buf *out, const char *type, const struct buf *encoded)
{
	buf_printf(out,
	           "Content-Type: %s; charset=utf-8\r\n"
	           "Content-Transfer-Encoding: quoted-printable\r\n\r\n",
	           type);
	buf_add(out, buf_text(encoded), encoded->len);
	/* A mail ends with a line end, and so does a part before its boundary. */
	buf_puts(out, "\r\n");
}

static void
add_alternative(struct buf *out, const char *boundary, const struct buf *text,
                const struct buf *html)
{
	buf_printf(out, "Content-Type: multipart/alternative;\r\n boundary=\"%s\"\r\n\r\n",
	           boundary);
	buf_printf(out, "--%s\r\n", boundary);
	add_part(out, "text/plain", text);
	buf_printf(out, "--%s\r\n", boundary);
	add_part(out, "text/html", html);
	buf_printf(out, "--%s--\r\n", boundary);
}

/* Encoded into at most `room` bytes and a note. */
static void
encode_text(struct buf *out, const char *text, size_t room)
{
	mail_quoted_printable(out, text);
	if (out->len <= room)
		return;
	char *kept = mem_strn(text, mail_quoted_fit(text, room));
	buf_reset(out);
	mail_quoted_printable(out, kept);
	if (out->len && out->data[out->len - 1] != '\n')
		buf_puts(out, "\r\n");
	buf_puts(out, CUT_NOTE);
	free(kept);
}

void
mail_build(const struct mail *mail, struct buf *out)
{
	char boundary[BOUNDARY_SIZE];
	struct buf text = {0}, html = {0};
	size_t start = out->len;

	boundary_of(mail, boundary);
	add_headers(out, mail);
	/* Headers are far below the limit: every value in them is bounded. */
	size_t room = MAIL_SIZE_MAX - FRAME_MAX - (out->len - start);
	encode_text(&text, mail->text, room);
	if (mail->html)
		mail_quoted_printable(&html, mail->html);
	if (mail->html && text.len + html.len <= room)
		add_alternative(out, boundary, &text, &html);
	else
		add_part(out, "text/plain", &text);
	buf_fini(&text);
	buf_fini(&html);
}

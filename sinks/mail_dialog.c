#include "sinks/mail_dialog.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "relay/base/mem.h"

const char *const mail_step_names[STEP_COUNT] = {
	"the connection", "EHLO", "STARTTLS",    "AUTH", "MAIL FROM",
	"RCPT TO",        "DATA", "the message", "RSET", "QUIT",
};

static const struct {
	const char *verb;
	enum mail_step step;
} verbs[] = {
	{"EHLO", STEP_HELLO}, {"HELO", STEP_HELLO}, {"STARTTLS", STEP_STARTTLS},
	{"AUTH", STEP_AUTH},  {"MAIL", STEP_MAIL},  {"RCPT", STEP_RCPT},
	{"DATA", STEP_DATA},  {"BDAT", STEP_DATA},  {"RSET", STEP_RSET},
	{"QUIT", STEP_QUIT},
};

void
mail_dialog_reset(struct mail_dialog *d)
{
	*d = (struct mail_dialog){.on_reply = d->on_reply, .arg = d->arg};
}

/* Of several commands in one piece, the first: the steps that matter most
 * (up to AUTH) are never sent together with others. */
void
mail_dialog_sent(struct mail_dialog *d, const char *data, size_t len)
{
	/* The lines of an AUTH exchange are no commands, whatever they look like. */
	if (d->step == STEP_AUTH && d->said[STEP_AUTH].code / 100 == 3)
		return;
	for (size_t i = 0; i < COUNT(verbs); i++) {
		size_t n = strlen(verbs[i].verb);
		if (len <= n || strncasecmp(data, verbs[i].verb, n) != 0 ||
		    !isspace((unsigned char)data[n]))
			continue;
		d->step = verbs[i].step;
		d->answered = false;
		d->said[d->step] = (struct mail_reply){0};
	}
}

static void
add_text(struct mail_reply *reply, const char *text, size_t len)
{
	size_t used = strlen(reply->text);
	size_t room = sizeof(reply->text) - 1 - used;

	if (used && room) {
		reply->text[used++] = ' ';
		room--;
	}
	len = len < room ? len : room;
	memcpy(reply->text + used, text, len);
	reply->text[used + len] = '\0';
}

static void
end_reply(struct mail_dialog *d)
{
	d->said[d->step] = d->reply;
	d->answered = d->reply.code / 100 != 3;
	d->reply = (struct mail_reply){0};
	if (d->on_reply)
		d->on_reply(d, d->arg);
	if (d->step == STEP_DATA && d->said[STEP_DATA].code == 354)
		d->step = STEP_BODY;
}

/*
 * "250-text" goes on, "250 text" and "250" are the end.  What looks like neither
 * is passed over, as libcurl does; libesmtp ends the session at such a line.
 */
static void
take_line(struct mail_dialog *d)
{
	const char *line = d->line;
	size_t len = d->line_len;

	while (len && isspace((unsigned char)line[len - 1]))
		len--;
	d->line_len = 0;
	if (len < 3 || !isdigit((unsigned char)line[0]) || !isdigit((unsigned char)line[1]) ||
	    !isdigit((unsigned char)line[2]))
		return;
	d->reply.code = (line[0] - '0') * 100 + (line[1] - '0') * 10 + line[2] - '0';
	if (len > 4)
		add_text(&d->reply, line + 4, len - 4);
	if (len == 3 || line[3] == ' ')
		end_reply(d);
}

void
mail_dialog_heard(struct mail_dialog *d, const char *data, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (data[i] != '\n') {
			if (d->line_len < sizeof(d->line))
				d->line[d->line_len++] = data[i];
			continue;
		}
		take_line(d);
		if (d->step == STEP_STARTTLS && d->answered && i + 1 < len)
			d->surplus = true;
	}
}

bool
mail_dialog_auth_refused(const struct mail_dialog *d)
{
	int code = d->said[STEP_AUTH].code;

	return code / 100 == 4 || code / 100 == 5;
}

bool
mail_dialog_authenticated(const struct mail_dialog *d)
{
	return d->said[STEP_AUTH].code / 100 == 2;
}

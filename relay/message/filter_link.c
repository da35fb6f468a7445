/* Links, as each output writes them. */
#include <string.h>

#include "relay/base/text.h"
#include "relay/message/filter_internal.h"
#include "relay/message/template_internal.h"

#define LIGHT_BAR "\xe2\x94\x82" /* stands for | , which would end a URL for Slack */

/* Nothing of an http(s) URL could end Slack's <url|label>; & begins an entity,
 * and what is not ASCII, which could turn the direction of the text, is written
 * as a browser would. */
static void
add_slack_link(struct buf *out, const char *url, const char *label)
{
	struct buf plain = {0};

	buf_putc(out, '<');
	for (; *url != '\0'; url++) {
		if (*url == '&')
			buf_puts(out, "&amp;");
		else if ((unsigned char)*url >= 0x80)
			buf_printf(out, "%%%02X", (unsigned)(unsigned char)*url);
		else
			buf_putc(out, *url);
	}
	buf_putc(out, '|');
	for (; *label != '\0'; label++) {
		if (*label == '|')
			buf_puts(&plain, LIGHT_BAR);
		else
			buf_putc(&plain, *label);
	}
	escape_add(out, ESCAPE_SLACK, buf_text(&plain), plain.len);
	buf_putc(out, '>');
	buf_fini(&plain);
}

static void
add_html_link(struct buf *out, const char *url, const char *label)
{
	buf_puts(out, "<a href=\"");
	escape_add(out, ESCAPE_HTML, url, strlen(url));
	buf_puts(out, "\">");
	escape_add(out, ESCAPE_HTML, label, strlen(label));
	buf_puts(out, "</a>");
}

static void
add_plain_link(struct buf *out, enum escape escape, const char *url, const char *label)
{
	if (label != url) {
		escape_add(out, escape, label, strlen(label));
		buf_puts(out, ": ");
	}
	escape_add(out, escape, url, strlen(url));
}

void
filter_link(const struct filter_call *call, const json_t *value, enum escape escape,
            struct buf *out)
{
	const char *label = call->count > 0 && call->args[0][0] != '\0' ? call->args[0] : NULL;
	struct buf text = {0};
	const char *url;

	/* What is no text costs work, and with a label nothing of it is seen. */
	if (json_is_string(value) || label == NULL)
		value_add_text(&text, value);
	url = buf_text(&text);
	if (label == NULL)
		label = url;
	if (!json_is_string(value) || !url_is_http(url))
		escape_add(out, escape, label, strlen(label));
	else if (escape == ESCAPE_HTML)
		add_html_link(out, url, label);
	else if (escape == ESCAPE_SLACK)
		add_slack_link(out, url, label);
	else
		add_plain_link(out, escape, url, label);
	buf_fini(&text);
}

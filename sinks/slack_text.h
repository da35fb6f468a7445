/*
 * slack_text.h - text of others made harmless for Slack's mrkdwn.
 *
 * Slack decodes exactly &amp; &lt; and &gt;, and reads everything between
 * raw < and > as a mention or a link ("Formatting text for app surfaces",
 * docs.slack.dev).  So those three characters are escaped in whatever comes
 * from outside, and nothing else is.  Beyond that: line breaks and control
 * characters become blanks and direction overrides go (data stays in its
 * place), a run of three backticks is broken up (it would end a code block),
 * and so is @channel and its like, which Mattermost links even so.
 *
 * Lengths count UTF-16 units, the largest that any reader of Slack's limits
 * could mean, after escaping; a cut falls between characters and entities.
 */
#ifndef SINKS_SLACK_TEXT_H
#define SINKS_SLACK_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "relay/base/buf.h"

size_t slack_length(const char *);

/* Escaped; cut with an ellipsis when longer than max.  NULL is "". */
void slack_add(struct buf *, const char *text, size_t max);

/*
 * A link.  Anything but an http(s) URL of at most SLACK_URL_MAX leaves the
 * label alone.  The label is at most max long; the whole SLACK_URL_MAX and 3 more.
 */
#define SLACK_URL_MAX 400
void slack_add_link(struct buf *, const char *url, const char *label, size_t max);

#endif

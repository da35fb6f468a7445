/*
 * slack_plain.h - a notification document (contract section 7) as a Slack
 * message of one text: the built-in message.
 *
 * It needs no template and nothing but the document, so it is what goes out
 * where a template fails, and to a host that refuses the richer form.  Title,
 * summary, what to do, link: the first lines on a phone are enough to act.
 * Whatever the document holds, it is valid and within Slack's limit for text.
 */
#ifndef SINKS_SLACK_PLAIN_H
#define SINKS_SLACK_PLAIN_H

#include <jansson.h>
#include <stddef.h>

#include "relay/base/buf.h"

/* {"text": ...}, a new reference. */
json_t *slack_plain(const json_t *document);

/* Its first line: "Reminder: " or the like, and the title; at most max long. */
void slack_add_title(struct buf *, const json_t *document, size_t max);

#endif

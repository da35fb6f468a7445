/*
 * slack_blocks.h - a notification document (contract section 7) as the body
 * of a Slack message.
 *
 * What happened, what to do now, who runs it, where to look: in this order,
 * so that the first lines on a phone are enough to act.  Whatever the
 * document holds, the result is valid and within Slack's limits ("Block Kit
 * reference", docs.slack.dev): header 150, section 3000, field 2000, 50
 * blocks; and about 9000 over all blocks, above which whole messages have
 * been refused.
 */
#ifndef SINKS_SLACK_BLOCKS_H
#define SINKS_SLACK_BLOCKS_H

#include <jansson.h>

/* New references. */
json_t *slack_rich(const json_t *document);
json_t *slack_plain(const json_t *document); /* {"text": ...}: for hosts that refuse the other */

#endif

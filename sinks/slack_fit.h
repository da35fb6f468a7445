/*
 * slack_fit.h - makes a Slack payload fit what Slack takes, whatever a
 * template put into it.
 *
 * Slack refuses a whole message for one text that is a character too long or
 * empty ("Block Kit reference", docs.slack.dev: header 150, section 3000, ten
 * fields of 2000, ten context elements, 50 blocks; and about 9000 characters
 * over all blocks, undocumented, above which messages have been refused).  So
 * what is too long is cut, what is empty is dropped, and no message is ever
 * lost to its size:
 *
 *	a text of one line       ends with an ellipsis
 *	a text of several lines  loses whole lines: "... and 12 more lines"
 *	too many items           lose the last ones
 *	too much in all          the longest texts are cut to one length
 *
 * Lengths are those of slack_length().  A cut falls between characters and
 * never inside &amp; or <url|label>.  Texts lose blanks around them.  Blocks of
 * a kind not known here pass as they are while there is room for them.
 */
#ifndef SINKS_SLACK_FIT_H
#define SINKS_SLACK_FIT_H

#include <jansson.h>
#include <stddef.h>

#define SLACK_TEXT_MAX 3999  /* top-level "text" */
#define SLACK_BLOCKS_MAX 50  /* those of attachments counted in */
#define SLACK_TOTAL_MAX 9000 /* over all blocks and attachments */

/* A new reference; the payload is borrowed and not changed.  NULL when it is no object. */
json_t *slack_fit(const json_t *payload);

/* The text cut to at most max (> 0) as said above; the caller frees. */
char *slack_cut(const char *text, size_t max);

#endif

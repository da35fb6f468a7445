/*
 * shown.h - the very messages of a story, as each sink would send them: Slack's
 * payloads, whole mails, webhook bodies.  Only of stories with the word `shown`,
 * which keep them in their file of that name.
 */
#ifndef TESTS_FLOW_SHOWN_H
#define TESTS_FLOW_SHOWN_H

#include "relay/base/buf.h"
#include "relay/flow/addresses.h"
#include "relay/store/queue.h"
#include "tests/flow/record.h"

/* The message of this delivery; ids are the record's names for them. */
void shown_add(struct buf *out, struct record *names, const struct address *to,
               const struct claimed *, int64_t now_ms);

#endif

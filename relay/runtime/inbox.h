/*
 * inbox.h - from any thread to the loop, by moving.
 *
 * A posted item belongs to the inbox until its function runs on the loop;
 * then it is the function's.  Items run in the order they were posted.  The
 * wake-up (an eventfd) is written only when the inbox was empty.
 */
#ifndef RELAY_RUNTIME_INBOX_H
#define RELAY_RUNTIME_INBOX_H

#include "relay/runtime/loop.h"

struct inbox;
struct inbox_item {
	struct inbox_item *next;
	void (*run)(struct inbox_item *); /* on the loop thread; owns the item */
};

struct inbox *inbox_new(struct loop *);
void inbox_free(struct inbox *);                      /* runs what is still in it first */
void inbox_post(struct inbox *, struct inbox_item *); /* any thread */
/* Several, linked by `next` from first to last: one wake-up for all of them. */
void inbox_post_list(struct inbox *, struct inbox_item *first, struct inbox_item *last);

#endif

#include "relay/runtime/inbox.h"

#include <errno.h>
#include <event2/event.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "relay/base/mem.h"

struct inbox {
	pthread_mutex_t lock;
	struct inbox_item *head, **tail; /* under lock */
	int wake_fd;
	struct event *wake_event;
};

static _Noreturn void
die(const char *what)
{
	fprintf(stderr, "driftbell: inbox: %s: %s\n", what, strerror(errno));
	abort();
}

/* Everything posted so far, in order; the inbox is empty after it. */
static struct inbox_item *
take_all(struct inbox *inbox)
{
	struct inbox_item *items;

	pthread_mutex_lock(&inbox->lock);
	items = inbox->head;
	inbox->head = NULL;
	inbox->tail = &inbox->head;
	pthread_mutex_unlock(&inbox->lock);
	return items;
}

static void
run_all(struct inbox_item *item)
{
	while (item) {
		struct inbox_item *next = item->next;

		item->run(item);
		item = next;
	}
}

static void
on_wake(evutil_socket_t fd, short what, void *arg)
{
	uint64_t count;

	(void)what;
	/* Cleared before the list is taken: a post in between wakes us again. */
	if (read(fd, &count, sizeof(count)) < 0 && errno != EAGAIN)
		die("read");
	run_all(take_all(arg));
}

struct inbox *
inbox_new(struct loop *loop)
{
	struct inbox *inbox = mem_alloc(sizeof(*inbox));

	pthread_mutex_init(&inbox->lock, NULL);
	inbox->tail = &inbox->head;
	inbox->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (inbox->wake_fd < 0)
		die("eventfd");
	inbox->wake_event =
		event_new(loop_base(loop), inbox->wake_fd, EV_READ | EV_PERSIST, on_wake, inbox);
	if (!inbox->wake_event || event_add(inbox->wake_event, NULL) != 0)
		die("event");
	return inbox;
}

void
inbox_free(struct inbox *inbox)
{
	struct inbox_item *items;

	if (!inbox)
		return;
	/* What runs here may post again. */
	while ((items = take_all(inbox)))
		run_all(items);
	event_free(inbox->wake_event);
	close(inbox->wake_fd);
	pthread_mutex_destroy(&inbox->lock);
	free(inbox);
}

void
inbox_post_list(struct inbox *inbox, struct inbox_item *first, struct inbox_item *last)
{
	uint64_t one = 1;
	bool was_empty;

	last->next = NULL;
	pthread_mutex_lock(&inbox->lock);
	was_empty = !inbox->head;
	*inbox->tail = first;
	inbox->tail = &last->next;
	/*
	 * Written under the lock: once the items can be taken, the inbox may be
	 * freed by what they run, and the descriptor with it.
	 */
	if (was_empty && write(inbox->wake_fd, &one, sizeof(one)) < 0 && errno != EAGAIN)
		die("write");
	pthread_mutex_unlock(&inbox->lock);
}

void
inbox_post(struct inbox *inbox, struct inbox_item *item)
{
	inbox_post_list(inbox, item, item);
}

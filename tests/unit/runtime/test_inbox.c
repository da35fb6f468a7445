#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

#include "relay/base/mem.h"
#include "relay/runtime/inbox.h"
#include "unit.h"

#define SENDERS 4
#define EACH 20000

struct shelf {
	struct loop *loop;
	struct inbox *inbox;
	unsigned next[SENDERS]; /* the number expected from each */
	unsigned total;
	bool in_order;
};

struct parcel {
	struct inbox_item item; /* first */
	struct shelf *shelf;
	unsigned sender, number;
};

struct sender {
	struct shelf *shelf;
	unsigned id;
};

static void
receive(struct inbox_item *item)
{
	struct parcel *p = (struct parcel *)item;
	struct shelf *s = p->shelf;

	if (s->next[p->sender]++ != p->number)
		s->in_order = false;
	if (++s->total == SENDERS * EACH)
		loop_stop(s->loop);
	free(p);
}

static void
post(struct shelf *s, unsigned sender, unsigned number)
{
	struct parcel *p = mem_alloc(sizeof(*p));

	p->item.run = receive;
	p->shelf = s;
	p->sender = sender;
	p->number = number;
	inbox_post(s->inbox, &p->item);
}

static void *
send_all(void *arg)
{
	struct sender *me = arg;

	for (unsigned i = 0; i < EACH; i++)
		post(me->shelf, me->id, i);
	return NULL;
}

static void
items_of_several_threads_all_arrive_in_the_order_of_each(void **state)
{
	struct shelf s = {.loop = loop_new(), .in_order = true};
	struct sender senders[SENDERS];
	pthread_t threads[SENDERS];

	(void)state;
	s.inbox = inbox_new(s.loop);
	for (unsigned i = 0; i < SENDERS; i++) {
		senders[i] = (struct sender){&s, i};
		assert_int_equal(pthread_create(&threads[i], NULL, send_all, &senders[i]), 0);
	}
	loop_run(s.loop);
	for (unsigned i = 0; i < SENDERS; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(s.total, SENDERS * EACH);
	assert_true(s.in_order);
	inbox_free(s.inbox);
	loop_free(s.loop);
}

static void
freeing_runs_what_is_still_in_it(void **state)
{
	struct shelf s = {.loop = loop_new(), .in_order = true};

	(void)state;
	s.inbox = inbox_new(s.loop);
	for (unsigned i = 0; i < 3; i++)
		post(&s, 0, i);
	assert_int_equal(s.total, 0);
	inbox_free(s.inbox);
	assert_int_equal(s.total, 3);
	assert_true(s.in_order);
	loop_free(s.loop);
}

struct chain {
	struct inbox_item item; /* first */
	struct shelf *shelf;
	unsigned left;
};

static void
post_again(struct inbox_item *item)
{
	struct chain *c = (struct chain *)item;

	c->shelf->total++;
	if (c->left-- > 0)
		inbox_post(c->shelf->inbox, item);
	else
		loop_stop(c->shelf->loop);
}

static void
an_item_may_post_again_while_it_runs(void **state)
{
	struct shelf s = {.loop = loop_new()};
	struct chain c = {.item.run = post_again, .shelf = &s, .left = 10};

	(void)state;
	s.inbox = inbox_new(s.loop);
	inbox_post(s.inbox, &c.item);
	loop_run(s.loop);
	assert_int_equal(s.total, 11);
	inbox_free(s.inbox);
	loop_free(s.loop);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(items_of_several_threads_all_arrive_in_the_order_of_each),
		cmocka_unit_test(freeing_runs_what_is_still_in_it),
		cmocka_unit_test(an_item_may_post_again_while_it_runs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

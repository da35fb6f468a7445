#include "stand.h"

#include <semaphore.h>
#include <stdlib.h>

#include "relay/base/mem.h"

struct errand {
	struct inbox_item item;
	void (*fn)(void *);
	void *arg;
	sem_t done;
};

static void *
run(void *arg)
{
	struct stand *s = arg;

	loop_run(s->loop);
	return NULL;
}

struct stand *
stand_new(void)
{
	struct stand *s = mem_alloc(sizeof(*s));

	s->loop = loop_new();
	s->inbox = inbox_new(s->loop);
	if (pthread_create(&s->thread, NULL, run, s) != 0)
		abort();
	return s;
}

static void
run_errand(struct inbox_item *item)
{
	struct errand *e = (struct errand *)item;

	e->fn(e->arg);
	sem_post(&e->done);
}

void
stand_call(struct stand *s, void (*fn)(void *), void *arg)
{
	struct errand e = {.item.run = run_errand, .fn = fn, .arg = arg};

	sem_init(&e.done, 0, 0);
	inbox_post(s->inbox, &e.item);
	while (sem_wait(&e.done) != 0)
		;
	sem_destroy(&e.done);
}

void
stand_free(struct stand *s)
{
	loop_stop(s->loop);
	pthread_join(s->thread, NULL);
	inbox_free(s->inbox);
	loop_free(s->loop);
	free(s);
}

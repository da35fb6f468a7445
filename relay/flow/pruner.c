#include "relay/flow/pruner.h"

#include <stdlib.h>
#include <string.h>

#include "relay/base/clock.h"
#include "relay/base/log.h"
#include "relay/base/mem.h"
#include "relay/flow/addresses.h"
#include "relay/store/prune.h"
#include "relay/store/store.h"

#define PRUNE_EVERY_MS HOUR_MS
/* Between two bites (store/prune.h), so that old rows, however many, take little
 * from those who wait for an answer. */
#define BITE_PAUSE_MS 50

struct pruner {
	struct store_job job; /* first; there is one */
	struct store *store;
	struct conf *conf;
	struct timer *due;
	int64_t retention_ms;          /* of these bites, until there is nothing more */
	struct key_texts destinations; /* of the config then, sorted */
	bool more, stopped;
};

static int
by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void
drop_destinations(struct pruner *p)
{
	for (size_t i = 0; i < p->destinations.count; i++)
		free(p->destinations.items[i]);
	free(p->destinations.items);
	p->destinations = (struct key_texts){.items = NULL};
}

static void
take_destinations(struct pruner *p)
{
	struct key_texts *all = &p->destinations;
	struct address_list list;

	addresses_of(p->conf, &list);
	all->items = mem_array(list.count + 1, sizeof(*all->items));
	for (size_t i = 0; i < list.count; i++)
		all->items[all->count++] = mem_str(list.items[i].destination);
	address_list_fini(&list);
	if (all->count > 1)
		qsort(all->items, all->count, sizeof(*all->items), by_text);
}

static int
run(struct store_job *job, struct db *db, struct err *err)
{
	struct pruner *p = (struct pruner *)job;
	const struct key_texts *all = &p->destinations;
	int64_t now = clock_wall_ms();

	if (store_prune_destinations(db, now, p->retention_ms, (const char *const *)all->items,
	                             all->count, err) != 0)
		return -1;
	return store_prune(db, now, p->retention_ms, &p->more, err);
}

static void
done(struct store_job *job, int rc)
{
	struct pruner *p = (struct pruner *)job;

	if (rc != 0)
		log_error("pruning failed", "error", job->failure.text, LOG_END);
	if (p->stopped)
		return;
	p->more &= rc == 0;
	if (!p->more)
		drop_destinations(p);
	timer_in(p->due, p->more ? BITE_PAUSE_MS : PRUNE_EVERY_MS);
}

static void
on_due(void *arg)
{
	struct pruner *p = arg;

	if (p->stopped)
		return;
	if (!p->more) {
		p->retention_ms = p->conf->store.retention;
		take_destinations(p);
	}
	store_submit(p->store, &p->job);
}

struct pruner *
pruner_new(struct loop *loop, struct store *store, struct conf *conf)
{
	struct pruner *p = mem_alloc(sizeof(*p));

	p->job.run = run;
	p->job.done = done;
	p->store = store;
	p->conf = conf_hold(conf);
	p->due = timer_new(loop, on_due, p);
	timer_in(p->due, MINUTE_MS);
	return p;
}

void
pruner_configure(struct pruner *p, struct conf *conf)
{
	conf_release(p->conf);
	p->conf = conf_hold(conf);
}

void
pruner_stop(struct pruner *p)
{
	p->stopped = true;
	timer_off(p->due);
}

void
pruner_free(struct pruner *p)
{
	if (p == NULL)
		return;
	drop_destinations(p);
	timer_free(p->due);
	conf_release(p->conf);
	free(p);
}

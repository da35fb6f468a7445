/* Webhooks on their way: most arrive at once, and once. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "relay/base/mem.h"
#include "tests/flow/payload.h"
#include "tests/simulate/sim.h"

struct post {
	struct story_line line; /* what it is about, for who reads of a failure */
	const char *source;
	char *body; /* NULL: what was read of a plan */
	int64_t told_at;
};

static void
post_free(struct post *post)
{
	for (size_t i = 0; i < post->line.count; i++)
		free(post->line.words[i]);
	free(post->line.words);
	free(post->line.text);
	free(post->body);
	free(post);
}

static struct post *
post_of(struct sim *sim, char *text)
{
	struct post *post = mem_alloc(sizeof(*post));
	char *memory = mem_str(text), *rest = memory;

	post->line.path = "simulate";
	post->line.text = text;
	post->line.number = sim->numbers++;
	post->told_at = sim->now_ms;
	while (rest != NULL) {
		post->line.words =
			mem_grow(post->line.words, post->line.count + 1, sizeof(*post->line.words));
		post->line.words[post->line.count++] = mem_str(strsep(&rest, " "));
	}
	free(memory);
	return post;
}

static struct post *
post_new(struct sim *sim, char *text)
{
	struct post *post = post_of(sim, text);
	const struct payload_verb *verb = payload_verb_of(post->line.words[0]);
	json_t *body = verb->compose(&post->line, sim->now_ms, post->line.number);

	post->source = strcmp(verb->source_kind, "hcp_packer") == 0 ? "packer" : "terraform";
	post->body = json_dumps(body, JSON_COMPACT);
	json_decref(body);
	return post;
}

static struct post *
post_again(struct sim *sim, const struct post *post)
{
	struct post *again = post_new(sim, mem_str(post->line.text));

	free(again->body);
	again->body = mem_str(post->body);
	return again;
}

/* True: it is lost. */
static bool
send(struct sim *sim, char *text)
{
	const struct options *o = &sim->options;
	struct post *post = post_new(sim, text);
	int64_t takes = sim_between(sim, 200, 2 * SECOND_MS);
	bool lost = sim_one_in(sim, o->lost), late = sim_one_in(sim, o->late),
	     twice = sim_one_in(sim, o->twice);
	int64_t later = sim_between(sim, 10 * SECOND_MS, 30 * MINUTE_MS),
		again = sim_between(sim, SECOND_MS, 2 * DAY_MS);

	sim->counts.sent++;
	sim->counts.lost += lost;
	sim->arrives_at = lost ? NEVER : sim->now_ms + (late ? later : takes);
	if (lost) {
		post_free(post);
		return true;
	}
	sim->counts.late += late;
	sim->counts.twice += twice;
	if (twice)
		world_will_arrive(sim, sim->now_ms + again, post_again(sim, post));
	world_will_arrive(sim, sim->now_ms + (late ? later : takes), post);
	return false;
}

static char *
with_time(const struct sim *sim, const char *fmt, va_list args)
{
	char text[512], when[TIME_TEXT_SIZE];

	vsnprintf(text, sizeof(text), fmt, args);
	return mem_fmt("%s time=%s", text, time_text(sim->now_ms, when));
}

bool
post_packer(struct sim *sim, int bucket, const char *fmt, ...)
{
	va_list args;
	char *text;

	(void)bucket;
	va_start(args, fmt);
	text = with_time(sim, fmt, args);
	va_end(args);
	sim->counts.packer++;
	return send(sim, text);
}

bool
post_terraform(struct sim *sim, int workspace, bool careful, const char *fmt, ...)
{
	va_list args;
	char *text;

	(void)workspace;
	va_start(args, fmt);
	text = with_time(sim, fmt, args);
	va_end(args);
	sim->counts.terraform++;
	sim->counts.careful += careful;
	return send(sim, text);
}

void
post_plan(struct sim *sim, int workspace, int64_t takes, const char *fmt, ...)
{
	char text[512];
	va_list args;

	(void)workspace;
	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	world_will_arrive(sim, sim->now_ms + takes, post_of(sim, mem_str(text)));
}

void
arrive_happens(struct sim *sim, const struct happening *h)
{
	if (sim->now_ms != NEVER && h->post->body == NULL)
		relay_reads(sim, &h->post->line, h->post->told_at);
	else if (sim->now_ms != NEVER)
		relay_receive(sim, &h->post->line, h->post->source, h->post->body);
	post_free(h->post);
}

#include "unit.h"

#include "../stand_in.h"
#include "relay/base/clock.h"
#include "relay/base/json.h"
#include "relay/base/metrics.h"
#include "relay/hcp/terraform_client.h"

#define TOKEN "not-a-real-token"

struct rig {
	struct loop *loop;
	struct httpc *httpc;
	struct api_clients *clients;
	struct api_client *client;
	struct stand_in in;
	struct timer *late, *elsewhere;
	struct api_work *work; /* given to be done elsewhere */
	size_t works;
	bool lost;  /* what is given is not run */
	bool watch; /* the loop stops when something is given */
	char *url;
	size_t done, awaited; /* the loop stops when so many are done */
	enum api_end ends[128];
	char text[300], said[64];
	int64_t again_ms;
};

static void
too_late(void *arg)
{
	(void)arg;
	fail_msg("nothing came for 20 s");
}

/* Another thread, as far as the loop can tell: later. */
static void
on_work(struct api_work *work, void *arg)
{
	struct rig *rig = arg;

	assert_null(rig->work);
	rig->work = work;
	rig->works++;
	timer_in(rig->elsewhere, 0);
	if (rig->watch)
		loop_stop(rig->loop);
}

static void
work_on(void *arg)
{
	struct rig *rig = arg;
	struct api_work *work = rig->work;

	timer_off(rig->elsewhere);
	rig->work = NULL;
	if (!rig->lost)
		work->run(work);
	work->done(work);
}

/* What is left to do elsewhere is done before the clients are freed. */
static void
work_off(struct rig *rig)
{
	while (rig->work != NULL)
		work_on(rig);
}

static int
rig_open(void **state)
{
	struct rig *rig = mem_alloc(sizeof(*rig));

	rig->loop = loop_new();
	rig->httpc = httpc_new(rig->loop);
	rig->clients = api_clients_new(rig->httpc, on_work, rig);
	stand_in_open(&rig->in, rig->loop);
	rig->url = stand_in_url(&rig->in, "");
	rig->client = api_client_for(
		rig->clients,
		&(struct api_access){.url = rig->url, .token = TOKEN, .allow_private = true});
	rig->late = timer_new(rig->loop, too_late, NULL);
	rig->elsewhere = timer_new(rig->loop, work_on, rig);
	timer_in(rig->late, 20 * SECOND_MS);
	*state = rig;
	return 0;
}

static int
rig_close(void **state)
{
	struct rig *rig = *state;

	work_off(rig);
	timer_free(rig->late);
	timer_free(rig->elsewhere);
	api_clients_free(rig->clients);
	httpc_free(rig->httpc);
	stand_in_close(&rig->in);
	loop_free(rig->loop);
	free(rig->url);
	free(rig);
	return 0;
}

static void
on_done(const struct api_answer *answer, void *arg)
{
	struct rig *rig = arg;

	rig->ends[rig->done++] = answer->end;
	rig->again_ms = answer->again_ms;
	snprintf(rig->text, sizeof(rig->text), "%s", answer->text ? answer->text : "");
	if (answer->document != NULL)
		snprintf(rig->said, sizeof(rig->said), "%s",
		         json_filled_at(answer->document, "data.id"));
	assert_int_equal(answer->end == API_READ, answer->text == NULL);
	if (rig->done >= rig->awaited)
		loop_stop(rig->loop);
}

static void
await(struct rig *rig, size_t count)
{
	rig->awaited = rig->done + count;
	loop_run(rig->loop);
}

static void
script(struct rig *rig, struct stand_in_answer answer)
{
	answer.path = "/api/v2/x";
	stand_in_script(&rig->in, answer);
}

static void
a_document_is_fetched_with_the_token(void **state)
{
	struct rig *rig = *state;

	script(rig, (struct stand_in_answer){.code = 200, .body = "{\"data\":{\"id\":\"a\"}}"});
	api_get(rig->client, "/api/v2/x", on_done, rig);
	assert_int_equal(rig->done, 0);
	await(rig, 1);
	assert_int_equal(rig->ends[0], API_READ);
	assert_string_equal(rig->said, "a");
	assert_string_equal(rig->in.got[0].authorization, "Bearer " TOKEN);
}

static void
one_token_is_one_client_over_reloads(void **state)
{
	struct rig *rig = *state;
	char *slash = mem_fmt("%s/", rig->url);

	assert_ptr_equal(api_client_for(rig->clients, &(struct api_access){.url = slash,
	                                                                   .token = TOKEN,
	                                                                   .allow_private = true}),
	                 rig->client);
	assert_ptr_not_equal(
		api_client_for(
			rig->clients,
			&(struct api_access){.url = slash, .token = "u", .allow_private = true}),
		rig->client);
	assert_ptr_not_equal(
		api_client_for(
			rig->clients,
			&(struct api_access){.url = slash, .token = TOKEN, .allow_private = false}),
		rig->client);
	free(slash);
}

static struct api_standing
standing(const struct rig *rig)
{
	return api_standing_of(
		rig->clients,
		&(struct api_access){.url = rig->url, .token = TOKEN, .allow_private = true});
}

static void
how_it_stands_is_told_to_those_who_look(void **state)
{
	struct rig *rig = *state;
	int64_t limited = metric_get(METRIC_API_OK), bad = metric_get(METRIC_API_BAD_TOKEN);

	assert_int_equal(standing(rig).condition, API_UNASKED);
	script(rig, (struct stand_in_answer){.code = 200, .body = "{}"});
	api_get(rig->client, "/api/v2/x", on_done, rig);
	await(rig, 1);
	assert_int_equal(standing(rig).condition, API_FINE);
	assert_int_equal(metric_get(METRIC_API_OK), limited + 1);
	assert_int_equal(metric_get(METRIC_API_TOKENS_REFUSED), 0);
	script(rig, (struct stand_in_answer){.code = 401, .body = "{}"});
	api_get(rig->client, "/api/v2/x", on_done, rig);
	await(rig, 1);
	assert_int_equal(standing(rig).condition, API_REFUSED);
	assert_in_range(standing(rig).wait_ms, 59 * MINUTE_MS, HOUR_MS);
	assert_int_equal(metric_get(METRIC_API_BAD_TOKEN), bad + 1);
	assert_int_equal(metric_get(METRIC_API_TOKENS_REFUSED), 1);
}

/* What a server says so that next to nothing is asked of it is seen. */
static void
a_pause_that_the_server_asks_for_is_told(void **state)
{
	struct rig *rig = *state;
	int64_t now = clock_wall_ms() / SECOND_MS;

	rig->in.remaining = "0";
	rig->in.reset = "1795344000";
	script(rig, (struct stand_in_answer){.code = 200, .body = "{}"});
	api_get(rig->client, "/api/v2/x", on_done, rig);
	await(rig, 1);
	assert_int_equal(standing(rig).condition, API_PAUSED);
	assert_in_range(standing(rig).wait_ms, 9 * MINUTE_MS, 10 * MINUTE_MS);
	assert_in_range(metric_get(METRIC_API_PAUSED_UNTIL), now + 540, now + 630);
}

static void
keep(struct rig *rig, const char *token)
{
	const struct api_access access = {.url = rig->url, .token = token, .allow_private = true};

	api_clients_keep(rig->clients, &access, 1);
}

static void
stop(void *arg)
{
	loop_stop(arg);
}

/* What is to be done soon is done. */
static void
let_go_on(struct rig *rig)
{
	struct timer *timer = timer_new(rig->loop, stop, rig->loop);

	timer_in(timer, 1);
	loop_run(rig->loop);
	timer_free(timer);
}

static void
a_token_that_was_replaced_goes_with_whoever_asks_last(void **state)
{
	struct rig *rig = *state;

	keep(rig, TOKEN);
	script(rig, (struct stand_in_answer){.code = 401, .body = "{}"});
	api_get(rig->client, "/api/v2/x", on_done, rig);
	await(rig, 1);
	api_client_release(rig->client);
	let_go_on(rig);
	assert_int_equal(standing(rig).condition, API_REFUSED); /* over reloads */
	rig->client = api_client_for(
		rig->clients,
		&(struct api_access){.url = rig->url, .token = TOKEN, .allow_private = true});
	keep(rig, "another");
	let_go_on(rig);
	assert_int_equal(standing(rig).condition, API_REFUSED); /* somebody is at it */
	api_client_release(rig->client);
	assert_int_equal(standing(rig).condition, API_REFUSED); /* maybe from its own callback */
	let_go_on(rig);
	assert_int_equal(standing(rig).condition, API_UNASKED);
	assert_int_equal(metric_get(METRIC_API_TOKENS_REFUSED), 0);
}

static void
what_was_asked_too_often_is_asked_again_when_it_may(void **state)
{
	struct rig *rig = *state;
	int64_t before = clock_mono_ms();

	script(rig, (struct stand_in_answer){.code = 429, .body = "{}"});
	rig->in.reset = "0.4";
	script(rig, (struct stand_in_answer){.code = 200, .body = "{\"data\":{\"id\":\"b\"}}"});
	api_get(rig->client, "/api/v2/x", on_done, rig);
	await(rig, 1);
	assert_int_equal(rig->ends[0], API_READ);
	assert_int_equal(rig->in.got_count, 2);
	assert_true(clock_mono_ms() - before >= 500);
}

static void
a_server_that_fails_is_asked_again_and_then_left_to_the_caller(void **state)
{
	struct rig *rig = *state;

	script(rig, (struct stand_in_answer){.code = 502, .body = "<html>"});
	script(rig, (struct stand_in_answer){.code = 200, .body = "{\"data\":{\"id\":\"c\"}}"});
	api_get(rig->client, "/api/v2/x", on_done, rig);
	await(rig, 1);
	assert_int_equal(rig->ends[0], API_READ);
	for (int i = 0; i < 3; i++)
		script(rig, (struct stand_in_answer){
				    .code = 503, .body = "{\"errors\":[{\"title\":\"busy\"}]}"});
	api_get(rig->client, "/api/v2/x", on_done, rig);
	await(rig, 1);
	assert_int_equal(rig->ends[1], API_AGAIN);
	assert_string_equal(rig->text, "HTTP 503: busy");
	assert_int_equal(rig->again_ms, MINUTE_MS);
	assert_int_equal(rig->in.got_count, 5);
}

static void
a_token_that_is_no_good_is_not_used_again(void **state)
{
	struct rig *rig = *state;

	script(rig, (struct stand_in_answer){.code = 401, .body = "{}"});
	api_get(rig->client, "/api/v2/x", on_done, rig);
	await(rig, 1);
	assert_int_equal(rig->ends[0], API_BAD_TOKEN);
	for (int i = 0; i < 20; i++)
		api_get(rig->client, "/api/v2/x", on_done, rig);
	api_turn(rig->client, on_done, rig);
	assert_int_equal(rig->done, 1);
	await(rig, 21);
	for (int i = 1; i < 22; i++)
		assert_int_equal(rig->ends[i], API_BAD_TOKEN);
	assert_in_range(rig->again_ms, 50 * MINUTE_MS, HOUR_MS);
	assert_int_equal(rig->in.got_count, 1);
}

static void
answers_that_are_no_use_are_told_apart(void **state)
{
	static const struct {
		int code;
		const char *body;
		enum api_end end;
		const char *text;
	} cases[] = {
		{404, "{\"errors\":[{\"title\":\"not found\"}]}", API_NO_RIGHTS,
	         "HTTP 404: not found"},
		{422, "{}", API_UNUSABLE, "HTTP 422"},
		{200, "{\"data\":", API_UNUSABLE, "the answer is not JSON"},
		{200, "<html>", API_UNUSABLE, "the answer is not JSON"},
		/* What repeats the token is not repeated. */
		{403, "{\"errors\":[{\"title\":\"token " TOKEN "\"}]}", API_NO_RIGHTS, "HTTP 403"},
	};
	struct rig *rig = *state;

	for (size_t i = 0; i < COUNT(cases); i++) {
		script(rig, (struct stand_in_answer){.code = cases[i].code, .body = cases[i].body});
		api_get(rig->client, "/api/v2/x", on_done, rig);
		await(rig, 1);
		assert_int_equal(rig->ends[i], cases[i].end);
		assert_string_equal(rig->text, cases[i].text);
	}
}

static void
many_go_one_after_the_other(void **state)
{
	struct rig *rig = *state;
	int64_t before = clock_mono_ms();

	for (int i = 0; i < 30; i++)
		script(rig, (struct stand_in_answer){.code = 200, .body = "{}"});
	for (int i = 0; i < 15; i++) {
		api_get(rig->client, "/api/v2/x", on_done, rig);
		api_turn(rig->client, on_done, rig);
	}
	await(rig, 30);
	assert_int_equal(rig->in.got_count, 15);
	assert_true(clock_mono_ms() - before >= 29 * API_SPACING_MS);
}

static void
what_others_asked_for_counts(void **state)
{
	struct rig *rig = *state;

	api_turn(rig->client, on_done, rig);
	await(rig, 1);
	assert_int_equal(rig->ends[0], API_READ);
	assert_int_equal(api_turned_out(rig->client, &(struct api_headers){.status = 401}),
	                 API_MEANS_BAD_TOKEN);
	api_get(rig->client, "/api/v2/x", on_done, rig);
	await(rig, 1);
	assert_int_equal(rig->ends[1], API_BAD_TOKEN);
	assert_int_equal(rig->in.got_count, 0);
}

static void
a_cancelled_call_is_never_done(void **state)
{
	struct rig *rig = *state;
	struct api_call *going, *waiting;

	script(rig, (struct stand_in_answer){.code = 200, .hold = true});
	going = api_get(rig->client, "/api/v2/x", on_done, rig);
	rig->in.awaited = 1;
	loop_run(rig->loop);
	rig->in.awaited = 0;
	waiting = api_get(rig->client, "/api/v2/x", on_done, rig);
	api_cancel(going);
	api_cancel(waiting);
	stand_in_let_go(&rig->in);
	script(rig, (struct stand_in_answer){.code = 200, .body = "{\"data\":{\"id\":\"d\"}}"});
	api_get(rig->client, "/api/v2/x", on_done, rig);
	await(rig, 1);
	assert_int_equal(rig->done, 1);
	/* Freed with one that waits. */
	api_get(rig->client, "/api/v2/x", on_done, rig);
}

/* A document of so many bytes; the caller frees. */
static char *
document_of(size_t len)
{
	char *filling = mem_array(len + 1, 1), *out;

	memset(filling, 'x', len);
	out = mem_fmt("{\"data\":{\"id\":\"large\",\"name\":\"%s\"}}", filling);
	free(filling);
	return out;
}

static void
a_large_answer_is_read_elsewhere(void **state)
{
	struct rig *rig = *state;
	char *body = document_of(300000);

	script(rig, (struct stand_in_answer){.code = 200, .body = body});
	api_get(rig->client, "/api/v2/x", on_done, rig);
	await(rig, 1);
	assert_int_equal(rig->ends[0], API_READ);
	assert_string_equal(rig->said, "large");
	assert_true(rig->work != NULL); /* it is freed there too */
	work_off(rig);
	assert_int_equal(rig->works, 2);
	script(rig, (struct stand_in_answer){.code = 200, .body = "{\"data\":{\"id\":\"small\"}}"});
	api_get(rig->client, "/api/v2/x", on_done, rig);
	await(rig, 1);
	assert_string_equal(rig->said, "small");
	assert_int_equal(rig->works, 2);
	body[0] = '[';
	script(rig, (struct stand_in_answer){.code = 200, .body = body});
	api_get(rig->client, "/api/v2/x", on_done, rig);
	await(rig, 1);
	assert_int_equal(rig->ends[2], API_UNUSABLE);
	assert_string_equal(rig->text, "the answer is not JSON");
	free(body);
}

static void
what_could_not_be_read_elsewhere_is_asked_for_again(void **state)
{
	struct rig *rig = *state;
	char *body = document_of(300000);

	rig->lost = true;
	script(rig, (struct stand_in_answer){.code = 200, .body = body});
	api_get(rig->client, "/api/v2/x", on_done, rig);
	await(rig, 1);
	assert_int_equal(rig->ends[0], API_AGAIN);
	assert_int_equal(rig->again_ms, MINUTE_MS);
	free(body);
}

static void
cancelled_while_its_answer_is_read_it_is_never_done(void **state)
{
	struct rig *rig = *state;
	char *body = document_of(300000);
	struct api_call *call;

	script(rig, (struct stand_in_answer){.code = 200, .body = body});
	call = api_get(rig->client, "/api/v2/x", on_done, rig);
	rig->watch = true;
	loop_run(rig->loop);
	rig->watch = false;
	assert_non_null(rig->work);
	api_cancel(call);
	script(rig, (struct stand_in_answer){.code = 200, .body = "{\"data\":{\"id\":\"next\"}}"});
	api_get(rig->client, "/api/v2/x", on_done, rig);
	await(rig, 1);
	assert_int_equal(rig->done, 1);
	assert_string_equal(rig->said, "next");
	free(body);
}

int
main(void)
{
#define RIGGED(test) cmocka_unit_test_setup_teardown(test, rig_open, rig_close)
	const struct CMUnitTest tests[] = {
		RIGGED(a_document_is_fetched_with_the_token),
		RIGGED(one_token_is_one_client_over_reloads),
		RIGGED(how_it_stands_is_told_to_those_who_look),
		RIGGED(a_pause_that_the_server_asks_for_is_told),
		RIGGED(a_token_that_was_replaced_goes_with_whoever_asks_last),
		RIGGED(what_was_asked_too_often_is_asked_again_when_it_may),
		RIGGED(a_server_that_fails_is_asked_again_and_then_left_to_the_caller),
		RIGGED(a_token_that_is_no_good_is_not_used_again),
		RIGGED(answers_that_are_no_use_are_told_apart),
		RIGGED(many_go_one_after_the_other),
		RIGGED(what_others_asked_for_counts),
		RIGGED(a_cancelled_call_is_never_done),
		RIGGED(a_large_answer_is_read_elsewhere),
		RIGGED(what_could_not_be_read_elsewhere_is_asked_for_again),
		RIGGED(cancelled_while_its_answer_is_read_it_is_never_done),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

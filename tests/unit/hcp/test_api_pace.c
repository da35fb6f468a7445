#include "relay/base/clock.h"
#include "relay/base/mem.h"
#include "relay/hcp/api_pace.h"
#include "unit.h"

#define NOW INT64_C(1000000)

static enum api_meaning
came(struct api_pace *pace, struct api_headers headers)
{
	return pace_came(pace, &headers, NOW);
}

static void
requests_are_spread_over_the_second(void **state)
{
	struct api_pace pace = {0};
	int64_t at = NOW;
	int sent = 0;

	(void)state;
	while (at < NOW + SECOND_MS) {
		pace_went(&pace, at);
		sent++;
		at += pace_wait(&pace, at);
	}
	assert_in_range(sent, 29, 30);
	/* A pause is not made up for. */
	at += HOUR_MS;
	assert_int_equal(pace_wait(&pace, at), 0);
	pace_went(&pace, at);
	assert_int_equal(pace_wait(&pace, at), API_SPACING_MS);
}

static void
what_the_server_asks_for_is_waited(void **state)
{
	static const struct {
		const char *reset;
		int64_t retry_after, wait;
	} cases[] = {
		{"0.7", 0, 800},       {"2", 0, 2100},         {"0.001", 0, 101},
		{NULL, 0, SECOND_MS},  {"soon", 0, SECOND_MS}, {"-3", 0, SECOND_MS},
		{"nan", 0, SECOND_MS}, {"inf", 0, SECOND_MS},  {"1e300", 0, 10 * MINUTE_MS},
		{"0.7", 5000, 5000},   {"9", 5000, 9100},      {NULL, 5000, 5000},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct api_pace pace = {0};

		assert_int_equal(
			came(&pace, (struct api_headers){.status = 429,
		                                         .reset = cases[i].reset,
		                                         .retry_after_ms = cases[i].retry_after}),
			API_MEANS_LATER);
		assert_int_equal(pace_wait(&pace, NOW), cases[i].wait);
	}
}

static void
the_last_request_that_is_allowed_waits_for_the_rest(void **state)
{
	struct api_pace pace = {0};

	(void)state;
	assert_int_equal(
		came(&pace, (struct api_headers){.status = 200, .remaining = "0", .reset = "0.4"}),
		API_MEANS_OK);
	assert_int_equal(pace_wait(&pace, NOW), 500);
	pace = (struct api_pace){0};
	assert_int_equal(
		came(&pace, (struct api_headers){.status = 200, .remaining = "10", .reset = "0.4"}),
		API_MEANS_OK);
	assert_int_equal(pace_wait(&pace, NOW), 0);
}

static void
a_token_that_is_refused_is_tried_again_after_an_hour(void **state)
{
	struct api_pace pace = {0};

	(void)state;
	assert_int_equal(came(&pace, (struct api_headers){.status = 401}), API_MEANS_BAD_TOKEN);
	assert_int_equal(pace.refused_until, NOW + HOUR_MS);
	/* Neither a server that is down nor one that is busy says anything of it. */
	assert_int_equal(came(&pace, (struct api_headers){.status = 503}), API_MEANS_FAILED);
	assert_int_equal(came(&pace, (struct api_headers){.status = 429}), API_MEANS_LATER);
	assert_int_equal(pace.refused_until, NOW + HOUR_MS);
	/* One that knows it and has no such thing does. */
	assert_int_equal(came(&pace, (struct api_headers){.status = 404}), API_MEANS_NO_RIGHTS);
	assert_int_equal(pace.refused_until, 0);
}

static void
answers_mean_what_their_status_says(void **state)
{
	static const struct {
		int status;
		enum api_meaning meaning;
	} cases[] = {
		{200, API_MEANS_OK},        {204, API_MEANS_OK},        {0, API_MEANS_FAILED},
		{408, API_MEANS_FAILED},    {500, API_MEANS_FAILED},    {504, API_MEANS_FAILED},
		{403, API_MEANS_NO_RIGHTS}, {404, API_MEANS_NO_RIGHTS}, {302, API_MEANS_REFUSED},
		{400, API_MEANS_REFUSED},   {422, API_MEANS_REFUSED},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct api_pace pace = {0};

		assert_int_equal(came(&pace, (struct api_headers){.status = cases[i].status}),
		                 cases[i].meaning);
	}
}

static void
failures_wait_longer_each_time(void **state)
{
	(void)state;
	assert_int_equal(pace_backoff(1), SECOND_MS);
	assert_int_equal(pace_backoff(2), 2 * SECOND_MS);
	assert_int_equal(pace_backoff(3), 4 * SECOND_MS);
	assert_int_equal(pace_backoff(1000), MINUTE_MS);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(requests_are_spread_over_the_second),
		cmocka_unit_test(what_the_server_asks_for_is_waited),
		cmocka_unit_test(the_last_request_that_is_allowed_waits_for_the_rest),
		cmocka_unit_test(a_token_that_is_refused_is_tried_again_after_an_hour),
		cmocka_unit_test(answers_mean_what_their_status_says),
		cmocka_unit_test(failures_wait_longer_each_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

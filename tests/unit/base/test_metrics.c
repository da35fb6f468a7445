#include "tests/unit/base/unit.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "relay/base/mem.h"
#include "relay/base/metrics.h"

static size_t
occurrences(const char *text, const char *what)
{
	size_t count = 0;

	for (const char *at = strstr(text, what); at != NULL; at = strstr(at + 1, what))
		count++;
	return count;
}

static void
every_series_is_written_once(void **state)
{
	struct buf text = {0};
	size_t samples = 0;

	(void)state;
	metrics_text(&text);
	for (char *line = strtok(text.data, "\n"); line != NULL; line = strtok(NULL, "\n")) {
		if (*line == '#')
			continue;
		assert_int_equal(strncmp(line, "driftbell_", 10), 0);
		samples++;
	}
	assert_int_equal(samples, METRIC_COUNT);
	buf_fini(&text);
}

static void
help_and_type_stand_once_a_name(void **state)
{
	static const char *const names[] = {
		"driftbell_ingest_requests_total counter",
		"driftbell_ingest_connections gauge",
		"driftbell_events_total counter",
		"driftbell_events_pending gauge",
		"driftbell_incidents_opened_total counter",
		"driftbell_incidents_resolved_total counter",
		"driftbell_deliveries_total counter",
		"driftbell_deliveries_pending gauge",
		"driftbell_template_failures_total counter",
		"driftbell_store_commits_total counter",
		"driftbell_store_commit_failures_total counter",
		"driftbell_config_reloads_total counter",
		"driftbell_api_requests_total counter",
		"driftbell_api_tokens_refused gauge",
		"driftbell_api_paused_until_seconds gauge",
	};
	struct buf text = {0};

	(void)state;
	metrics_text(&text);
	for (size_t i = 0; i < COUNT(names); i++) {
		char *type = mem_fmt("# TYPE %s\n", names[i]);
		char *help = mem_fmt("# HELP %.*s ", (int)strcspn(names[i], " "), names[i]);

		if (occurrences(text.data, type) != 1 || occurrences(text.data, help) != 1)
			fail_msg("%s", names[i]);
		free(type);
		free(help);
	}
	assert_int_equal(occurrences(text.data, "# TYPE "), COUNT(names));
	assert_int_equal(occurrences(text.data, "# HELP "), COUNT(names));
	buf_fini(&text);
}

static void
values_are_added_and_set(void **state)
{
	struct buf text = {0};
	int64_t before = metric_get(METRIC_EVENTS_PARKED);

	(void)state;
	metric_add(METRIC_EVENTS_PARKED, 3);
	metric_add(METRIC_EVENTS_PARKED, 4);
	assert_int_equal(metric_get(METRIC_EVENTS_PARKED), before + 7);
	metric_set(METRIC_DELIVERIES_PENDING, 41);
	metric_add(METRIC_DELIVERIES_PENDING, -1);
	metric_set(METRIC_CONFIG_RELOAD_FAILURES, 9);
	metrics_text(&text);
	assert_non_null(strstr(text.data, "\ndriftbell_events_total{state=\"parked\"} 7\n"));
	assert_non_null(strstr(text.data, "\ndriftbell_deliveries_pending 40\n"));
	assert_non_null(
		strstr(text.data, "\ndriftbell_config_reloads_total{result=\"failed\"} 9\n"));
	assert_non_null(
		strstr(text.data, "\ndriftbell_ingest_requests_total{answer=\"accepted\"} 0\n"));
	assert_non_null(strstr(text.data, "\ndriftbell_deliveries_total{outcome=\"blocked\"} 0\n"));
	buf_fini(&text);
}

static void *
count_a_lot(void *arg)
{
	(void)arg;
	for (int i = 0; i < 10000; i++)
		metric_add(METRIC_STORE_COMMITS, 1);
	return NULL;
}

static void
no_count_is_lost_between_threads(void **state)
{
	pthread_t threads[4];
	int64_t before = metric_get(METRIC_STORE_COMMITS);

	(void)state;
	for (size_t i = 0; i < COUNT(threads); i++)
		assert_int_equal(pthread_create(&threads[i], NULL, count_a_lot, NULL), 0);
	for (size_t i = 0; i < COUNT(threads); i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(metric_get(METRIC_STORE_COMMITS), before + 40000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_series_is_written_once),
		cmocka_unit_test(help_and_type_stand_once_a_name),
		cmocka_unit_test(values_are_added_and_set),
		cmocka_unit_test(no_count_is_lost_between_threads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

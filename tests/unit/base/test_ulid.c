#include "tests/unit/base/unit.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "relay/base/mem.h"
#include "relay/base/ulid.h"

#define NOW INT64_C(1795262400000)
#define IDS_EACH 20000

static void
an_id_is_prefix_and_26_characters(void **state)
{
	char id[ID_SIZE];

	(void)state;
	id_make("evt", NOW, id);
	assert_int_equal(strlen(id), 30);
	assert_int_equal(strncmp(id, "evt_", 4), 0);
	assert_int_equal(strspn(id + 4, "0123456789ABCDEFGHJKMNPQRSTVWXYZ"), 26);
}

static void
what_could_be_an_id_is_told(void **state)
{
	static const char *const others[] = {"",
	                                     "evt",
	                                     "evt_",
	                                     "nope",
	                                     "inc_01KJ0000000000000000000000",
	                                     "evt_01KJ000000000000000000000",
	                                     "evt_01KJ00000000000000000000000",
	                                     "evt_01KJ000000000000000000000u"};
	char id[ID_SIZE];

	(void)state;
	id_make("evt", NOW, id);
	assert_true(id_is("evt", id));
	assert_true(id_is("evt", "evt_01KJ0000000000000000000000"));
	for (size_t i = 0; i < COUNT(others); i++)
		assert_false(id_is("evt", others[i]));
}

/* Known from the definition: 10 digits of base 32, the highest first. */
static void
the_time_stands_in_front(void **state)
{
	char id[ID_SIZE];

	(void)state;
	id_make("inc", NOW + 1, id);
	int64_t ms = 0;
	for (int i = 0; i < 10; i++)
		ms = ms * 32 + (strchr("0123456789ABCDEFGHJKMNPQRSTVWXYZ", id[4 + i]) -
		                "0123456789ABCDEFGHJKMNPQRSTVWXYZ");
	assert_true(ms == NOW + 1);
}

static void
each_is_greater_also_when_the_clock_steps_back(void **state)
{
	char last[ID_SIZE];
	char id[ID_SIZE];

	(void)state;
	id_make("evt", NOW + 1000, last);
	for (int i = 0; i < 5000; i++) {
		id_make("evt", NOW + 1000 - (i % 3) * 500, id);
		assert_true(strcmp(last, id) < 0);
		memcpy(last, id, sizeof(id));
	}
	id_make("evt", NOW + 1001, id);
	assert_true(strcmp(last, id) < 0);
}

static void
impossible_times_are_taken(void **state)
{
	char id[ID_SIZE];

	(void)state;
	id_make("evt", -5, id);
	assert_int_equal(strlen(id), 30);
	id_make("long", 0, id);
	assert_int_equal(strlen(id), 31);
}

static void *
make_many(void *arg)
{
	char(*ids)[ID_SIZE] = arg;

	for (int i = 0; i < IDS_EACH; i++)
		id_make("dlv", NOW + 2000, ids[i]);
	return NULL;
}

static int
compare(const void *a, const void *b)
{
	return strcmp(a, b);
}

static void
threads_never_share_one_and_each_sees_them_rise(void **state)
{
	pthread_t threads[4];
	size_t total = COUNT(threads) * IDS_EACH;
	char(*ids)[ID_SIZE] = mem_array(total, ID_SIZE);

	(void)state;
	for (size_t i = 0; i < COUNT(threads); i++)
		assert_int_equal(pthread_create(&threads[i], NULL, make_many, ids + i * IDS_EACH),
		                 0);
	for (size_t i = 0; i < COUNT(threads); i++)
		pthread_join(threads[i], NULL);

	for (size_t i = 0; i < total; i++)
		if (i % IDS_EACH != 0)
			assert_true(strcmp(ids[i - 1], ids[i]) < 0);
	qsort(ids, total, ID_SIZE, compare);
	for (size_t i = 1; i < total; i++)
		assert_true(strcmp(ids[i - 1], ids[i]) < 0);
	free(ids);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_id_is_prefix_and_26_characters),
		cmocka_unit_test(what_could_be_an_id_is_told),
		cmocka_unit_test(the_time_stands_in_front),
		cmocka_unit_test(each_is_greater_also_when_the_clock_steps_back),
		cmocka_unit_test(impossible_times_are_taken),
		cmocka_unit_test(threads_never_share_one_and_each_sees_them_rise),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

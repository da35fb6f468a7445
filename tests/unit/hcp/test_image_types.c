/* The table of resource types, against what a config may name. */
#include "tests/unit/hcp/unit.h"

#include <stdbool.h>
#include <string.h>

#include "relay/config/conf.h"
#include "relay/hcp/image_types.h"

static bool
is_word(const char *provider)
{
	for (const char *const *word = conf_provider_words; *word != NULL; word++)
		if (strcmp(*word, provider) == 0)
			return true;
	return false;
}

static bool
has_rows(const char *provider)
{
	for (size_t i = 0; i < image_types_known.count; i++)
		if (strcmp(image_types_known.rows[i].provider, provider) == 0)
			return true;
	return false;
}

static void
a_config_may_name_the_providers_of_the_table_and_no_others(void **state)
{
	(void)state;
	for (size_t i = 0; i < image_types_known.count; i++)
		if (!is_word(image_types_known.rows[i].provider))
			fail_msg("%s is not in conf_provider_words",
			         image_types_known.rows[i].provider);
	for (const char *const *word = conf_provider_words; *word != NULL; word++)
		if (!has_rows(*word))
			fail_msg("%s has no resource types", *word);
}

static void
no_attribute_stands_twice(void **state)
{
	(void)state;
	for (size_t i = 0; i < image_types_known.count; i++)
		for (size_t k = 0; k < i; k++) {
			const struct image_type *a = &image_types_known.rows[i],
						*b = &image_types_known.rows[k];

			assert_false(strcmp(a->type, b->type) == 0 &&
			             strcmp(a->attribute, b->attribute) == 0);
		}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_config_may_name_the_providers_of_the_table_and_no_others),
		cmocka_unit_test(no_attribute_stands_twice),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

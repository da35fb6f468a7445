#include "tests/unit/model/unit.h"

#include <stdlib.h>

#include "relay/base/mem.h"
#include "relay/model/image_id.h"

static void
assert_id(const char *id, const char *expected)
{
	char *key = image_id_key(id);

	assert_string_equal(key, expected);
	free(key);
}

static void
most_ids_are_their_own_key(void **state)
{
	static const char *const ids[] = {
		"ami-0a1b2c3d4e5f60718",
		"",
		"Golden-Image",
		"debian-cloud/debian-12",
		"resolve:ssm:/golden/ami",
		"ocid1.image.oc1.iad.aaaaAAAA",
		"123456789",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(ids); i++)
		assert_id(ids[i], ids[i]);
	assert_null(image_id_key(NULL));
}

static void
google_cloud_images_go_by_their_name(void **state)
{
	static const char *const same[] = {
		"base-ubuntu-v12",
		"global/images/base-ubuntu-v12",
		"projects/acme-images/global/images/base-ubuntu-v12",
		"https://www.googleapis.com/compute/v1/projects/acme-images/global/images/"
		"base-ubuntu-v12",
		"https://compute.googleapis.com/compute/beta/projects/acme.com:images/global/images/"
		"base-ubuntu-v12",
		"//compute.googleapis.com/compute/v1/projects/p/global/images/base-ubuntu-v12",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(same); i++)
		assert_id(same[i], "base-ubuntu-v12");
}

static void
a_family_is_no_image(void **state)
{
	(void)state;
	assert_id("projects/p/global/images/family/base", "family/base");
	assert_id("https://www.googleapis.com/compute/v1/projects/p/global/images/family/base",
	          "family/base");
}

static void
what_only_looks_like_google_cloud_stays(void **state)
{
	static const char *const ids[] = {
		"projects/p/global/images/",
		"projects//global/images/x",
		"projects/p/zones/z/disks/x",
		"projects/p",
		"https://example.com/compute/v1/projects/p/global/images/x",
		"https://example.com/www.googleapis.com/compute/v1/projects/p/global/images/x",
		"https://evilgoogleapis.com/compute/v1/projects/p/global/images/x",
		"https://www.googleapis.com/compute/v1",
		"https://www.googleapis.com/compute/",
		"https://",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(ids); i++)
		assert_id(ids[i], ids[i]);
}

static void
azure_ids_and_uuids_have_no_case(void **state)
{
	(void)state;
	assert_id("/subscriptions/S/resourceGroups/RG/providers/Microsoft.Compute/images/Base/",
	          "/subscriptions/s/resourcegroups/rg/providers/microsoft.compute/images/base");
	assert_id("/Subscriptions/s/resourcegroups/rg/providers/microsoft.compute/images/base",
	          "/subscriptions/s/resourcegroups/rg/providers/microsoft.compute/images/base");
	assert_id("/communityGalleries/ACME-1/images/Base/versions/1.2.3",
	          "/communitygalleries/acme-1/images/base/versions/1.2.3");
	assert_id("4215FF2A-0000-1111-2222-33334444AbCd", "4215ff2a-0000-1111-2222-33334444abcd");
	assert_id("4215FF2A-0000-1111-2222-33334444AbCx", "4215FF2A-0000-1111-2222-33334444AbCx");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(most_ids_are_their_own_key),
		cmocka_unit_test(google_cloud_images_go_by_their_name),
		cmocka_unit_test(a_family_is_no_image),
		cmocka_unit_test(what_only_looks_like_google_cloud_stays),
		cmocka_unit_test(azure_ids_and_uuids_have_no_case),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "tests/unit/hcp/unit.h"

#include <stdlib.h>
#include <string.h>

#include "relay/base/mem.h"
#include "relay/hcp/address.h"

static void
assert_config(const char *address, const char *expected)
{
	struct buf out = {0};

	address_config(&out, address);
	assert_string_equal(buf_text(&out), expected);
	buf_fini(&out);
}

static void
a_configuration_address_has_no_index(void **state)
{
	(void)state;
	assert_config("aws_instance.web", "aws_instance.web");
	assert_config("aws_instance.web[12]", "aws_instance.web");
	assert_config("module.a[0].module.b[\"x.y[1]\"].aws_instance.web[\"k\"]",
	              "module.a.module.b.aws_instance.web");
	assert_config("aws_instance.web[\"a\\\"]b\\\\\"]", "aws_instance.web");
	assert_config("aws_instance.web[\"never closed", "aws_instance.web");
	assert_config("aws_instance.web[\"\\", "aws_instance.web");
	assert_config("", "");
}

static void
an_address_is_composed_as_terraform_writes_it(void **state)
{
	static const struct {
		struct address_parts parts;
		const char *expected;
	} cases[] = {
		{{NULL, "aws_instance", "web", NULL, false, false}, "aws_instance.web"},
		{{NULL, "hcp_packer_version", "v", "0", true, true},
	         "data.hcp_packer_version.v[0]"},
		{{"module.a[\"x\"]", "aws_instance", "web", "eu-1", false, false},
	         "module.a[\"x\"].aws_instance.web[\"eu-1\"]"},
		{{NULL, "t", "n", "a\"b\\c\n${d}%{e}$f", false, false},
	         "t.n[\"a\\\"b\\\\c\\n$${d}%%{e}$f\"]"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct buf out = {0};

		address_compose(&out, &cases[i].parts);
		assert_string_equal(buf_text(&out), cases[i].expected);
		buf_fini(&out);
	}
}

static void
a_reference_has_a_base(void **state)
{
	static const struct {
		const char *reference, *base;
	} cases[] = {
		{"data.hcp_packer_artifact.web.external_identifier",
	         "data.hcp_packer_artifact.web"},
		{"data.hcp_packer_artifact.web", "data.hcp_packer_artifact.web"},
		{"data.hcp_packer_artifact.web[\"eu.west\"].id", "data.hcp_packer_artifact.web"},
		{"var.image", "var.image"},
		{"var.images[\"a\"].id", "var.images"},
		{"module.images.ami_id", "module.images.ami_id"},
		{"module.images[\"eu\"].ami.id", "module.images.ami"},
		{"module.images", NULL},
		{"data.aws_ami.x.id", NULL},
		{"data.hcp_packer_artifact", NULL},
		{"data.hcp_packer_artifact.", NULL},
		{"local.image", NULL},
		{"each.key", NULL},
		{"var", NULL},
		{"var.", NULL},
		{"", NULL},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct buf out = {0};

		assert_int_equal(address_reference(&out, cases[i].reference),
		                 cases[i].base != NULL);
		assert_string_equal(buf_text(&out), cases[i].base != NULL ? cases[i].base : "");
		buf_fini(&out);
	}
}

static void
packer_data_sources_are_told_by_their_address(void **state)
{
	(void)state;
	assert_true(address_is_packer("data.hcp_packer_version.v"));
	assert_true(address_is_packer("module.a.data.hcp_packer_artifact.x"));
	assert_false(address_is_packer("module.metadata.hcp_packer_x"));
	assert_false(address_is_packer("hcp_packer_bucket.b"));
	assert_true(type_is_packer("hcp_packer_image_iteration"));
	assert_false(type_is_packer("hcp_packer_bucket_names"));
}

static void
indexes_are_ordered_by_number(void **state)
{
	(void)state;
	assert_true(address_before("web[2]", "web[10]"));
	assert_false(address_before("web[10]", "web[2]"));
	assert_false(address_before("web", "web"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_configuration_address_has_no_index),
		cmocka_unit_test(an_address_is_composed_as_terraform_writes_it),
		cmocka_unit_test(a_reference_has_a_base),
		cmocka_unit_test(packer_data_sources_are_told_by_their_address),
		cmocka_unit_test(indexes_are_ordered_by_number),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

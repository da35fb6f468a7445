/* policy, untracked_images and image_attributes. */
#include "common.h"

#include "relay/base/mem.h"

#define UNHEARD "1:1: warning: no route takes image.revocation, workspace.drift\n"

static void
a_policy_names_one_channel_or_several(void **state)
{
	struct loaded l = load("policy:\n- {workspace: '*-prod', channel: production}\n"
	                       "- workspace: '*'\n  organization: acme\n  bucket: 'base-*'\n"
	                       "  channel: [staging, dev]\n");
	const struct conf_policy *one, *two;

	(void)state;
	assert_non_null(l.conf);
	assert_int_equal(l.conf->policy.count, 2);
	one = conf_item(l.conf->policy, struct conf_policy, 0);
	two = conf_item(l.conf->policy, struct conf_policy, 1);
	assert_string_equal(one->workspace, "*-prod");
	assert_string_equal(one->organization, "*");
	assert_string_equal(one->bucket, "*");
	assert_int_equal(one->channel.count, 1);
	assert_string_equal(one->channel.items[0], "production");
	assert_string_equal(two->bucket, "base-*");
	assert_int_equal(two->channel.count, 2);
	assert_string_equal(two->channel.items[1], "dev");
	loaded_fini(&l);
}

static void
faults_of_a_policy_are_told_where_they_stand(void **state)
{
	(void)state;
	assert_faults("policy:\n- {workspace: a}\n- {channel: a}\n- {workspace: a, channel: []}\n"
	              "- {workspace: a, channel: {b: c}}\n- {workspace: a, channel: ''}\n"
	              "- {workspace: a, channel: 'p*'}\n- {workspace: a, channel: [b, 'p?']}\n"
	              "- {workspace: '{a}', bucket: '{a}-images', channel: b}\n"
	              "- {workspace: a, chanel: b, channel: c}\n",
	              "2:3: channel is missing in policy\n3:3: workspace is missing in policy\n"
	              "4:27: channel is empty\n"
	              "5:27: channel needs one value or a list of them, not a map\n"
	              "6:27: channel is empty\n7:27: channel is a name, not a pattern\n"
	              "8:31: channel is a name, not a pattern\n"
	              "9:15: workspace takes no {name}: only bucket and workspace of correlate do\n"
	              "9:30: bucket takes no {name}: only bucket and workspace of correlate do\n"
	              "10:18: unknown key \"chanel\" in policy: did you mean \"channel\"?\n");
}

static void
nothing_is_untracked_unless_it_is_asked_for(void **state)
{
	struct loaded l = load("sources: []\n");

	(void)state;
	assert_non_null(l.conf);
	assert_int_equal(l.conf->untracked_images.providers.count, 0);
	assert_int_equal(l.conf->policy.count, 0);
	loaded_fini(&l);
}

static void
untracked_images_are_of_providers_and_may_be_ignored(void **state)
{
	struct loaded l = load("untracked_images:\n  providers: [aws, google, cumulus]\n  ignore:\n"
	                       "  - {type: aws_launch_template, address: 'module.eks.*'}\n"
	                       "  - {image: 'projects/cos-cloud/*'}\n"
	                       "image_attributes:\n- {type: cumulus_vm, attribute: 'disk[].image', "
	                       "provider: cumulus}\n");
	const struct conf_ignored *ignored;
	const struct conf_image_attribute *attribute;

	(void)state;
	assert_non_null(l.conf);
	assert_int_equal(l.conf->untracked_images.providers.count, 3);
	assert_int_equal(l.conf->untracked_images.ignore.count, 2);
	ignored = conf_item(l.conf->untracked_images.ignore, struct conf_ignored, 0);
	assert_string_equal(ignored->workspace, "*");
	assert_string_equal(ignored->image, "*");
	assert_string_equal(ignored->type, "aws_launch_template");
	assert_string_equal(ignored->address, "module.eks.*");
	attribute = conf_item(l.conf->image_attributes, struct conf_image_attribute, 0);
	assert_string_equal(attribute->type, "cumulus_vm");
	assert_string_equal(attribute->attribute, "disk[].image");
	assert_string_equal(attribute->provider, "cumulus");
	loaded_fini(&l);
}

static void
a_provider_without_known_resource_types_is_a_fault(void **state)
{
	(void)state;
	assert_faults(
		"untracked_images: {providers: [aws, azure, cumulos]}\n"
		"image_attributes: [{type: cumulus_vm, attribute: image, provider: cumulus}]\n",
		"1:37: no resource types of a provider \"azure\" are known: "
		"did you mean \"azurerm\"?\n"
		"1:44: no resource types of a provider \"cumulos\" are known: "
		"did you mean \"cumulus\"?\n");
	assert_fault("untracked_images: {providers: [cloudstack]}",
	             "1:32: no resource types of a provider \"cloudstack\" are known: give them in "
	             "image_attributes\n");
}

static void
to_ignore_everything_takes_a_pattern(void **state)
{
	(void)state;
	assert_faults(
		"untracked_images:\n  providers: [aws]\n  ignore:\n  - {}\n  - {workspac: a}\n"
		"  - {image: '{a}'}\n",
		"4:5: ignore needs at least one of workspace, image, type and address\n"
		"5:6: unknown key \"workspac\" in ignore: did you mean \"workspace\"?\n"
		"6:13: image takes no {name}: only bucket and workspace of correlate do\n");
	assert_loads("untracked_images: {ignore: [{workspace: '*'}]}\n",
	             UNHEARD "1:28: warning: ignore has no effect without providers\n");
}

static void
an_image_attribute_is_a_path_and_stands_once(void **state)
{
	(void)state;
	assert_faults("image_attributes:\n- {type: a b, attribute: x, provider: p}\n"
	              "- {type: t, attribute: x..y, provider: p}\n"
	              "- {type: t, attribute: 'x[0]', provider: p}\n"
	              "- {type: t, attribute: x.y, provider: 'p/q'}\n"
	              "- {type: t, attribute: x.y, provider: q}\n- {type: t, attribute: x}\n",
	              "2:10: type needs a resource type such as aws_instance\n"
	              "3:24: attribute needs an attribute such as ami, or a path to it such as "
	              "boot_disk[].initialize_params[].image\n"
	              "4:24: attribute needs an attribute such as ami, or a path to it such as "
	              "boot_disk[].initialize_params[].image\n"
	              "5:39: provider needs a provider's name such as aws\n"
	              "6:3: this attribute stands on line 5 already\n"
	              "7:3: provider is missing in image_attributes\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_policy_names_one_channel_or_several),
		cmocka_unit_test(faults_of_a_policy_are_told_where_they_stand),
		cmocka_unit_test(nothing_is_untracked_unless_it_is_asked_for),
		cmocka_unit_test(untracked_images_are_of_providers_and_may_be_ignored),
		cmocka_unit_test(a_provider_without_known_resource_types_is_a_fault),
		cmocka_unit_test(to_ignore_everything_takes_a_pattern),
		cmocka_unit_test(an_image_attribute_is_a_path_and_stands_once),
	};

	return cmocka_run_group_tests(tests, folder_make, folder_remove);
}

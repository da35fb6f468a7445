/*
 * The reader's rules, one small document each.  Documents are written with '
 * for ".
 */
#include "tests/unit/hcp/unit.h"

#include <stdlib.h>
#include <string.h>

#include "relay/base/buf.h"
#include "relay/base/json.h"
#include "relay/base/mem.h"
#include "relay/hcp/reader.h"
#include "tests/unit/hcp/documents.h"

#define ARTIFACT(name, channel, fingerprint, id)                                                     \
	"{'address': 'data.hcp_packer_artifact." name "', 'mode': 'data',"                           \
	" 'type': 'hcp_packer_artifact', 'values': {'bucket_name': 'base', 'channel_name': " channel \
	", 'version_fingerprint': '" fingerprint "', 'external_identifier': '" id                    \
	"', 'platform': 'aws', 'region': 'us-east-1', 'project_id': 'p', 'organization_id': 'o'}}"
#define VERSION(name, channel, fingerprint, number)                                                  \
	"{'address': 'data.hcp_packer_version." name "', 'mode': 'data',"                            \
	" 'type': 'hcp_packer_version', 'values': {'bucket_name': 'base', 'channel_name': '" channel \
	"', 'fingerprint': '" fingerprint "', 'id': 'ID" number "', 'name': 'v" number               \
	"', 'project_id': 'p', 'organization_id': 'o'}}"
#define INSTANCE(address, id, depends)                                          \
	"{'address': '" address "', 'mode': 'managed', 'type': 'aws_instance'," \
	" 'values': {'ami': '" id "'}, 'depends_on': [" depends "]}"
#define CHANGE(address, actions, id)                                            \
	"{'address': '" address "', 'mode': 'managed', 'type': 'aws_instance'," \
	" 'change': {'actions': [" actions "], 'after': {'ami': '" id "'}}}"
#define MOVED(from, to, id)                                                        \
	"{'address': '" to "', 'previous_address': '" from "', 'mode': 'managed'," \
	" 'type': 'aws_instance', 'change': {'actions': ['no-op'], 'after': {'ami': '" id "'}}}"
#define CONFIGURED(address, reference)                                          \
	"{'address': '" address "', 'mode': 'managed', 'type': 'aws_instance'," \
	" 'expressions': {'ami': {'references': ['" reference "']}}}"

/* A plan: what was before it, what it changes, its configuration; or a state: what is in
 * it.  And members that no list is of.  Each list ends with NULL, and may be NULL. */
struct document {
	const char *const *prior, *const *changes, *const *config, *const *state;
	const char *more;
};
#define LIST(...) ((const char *const[]){__VA_ARGS__, NULL})
#define STATE(...) read_made(&(const struct document){.state = LIST(__VA_ARGS__)})
#define PLAN(...) read_made(&(const struct document){__VA_ARGS__})

static void
add_list(struct buf *out, const char *before, const char *const *items, const char *behind)
{
	if (items == NULL)
		return;
	buf_printf(out, ", %s[", before);
	for (size_t i = 0; items[i] != NULL; i++)
		buf_printf(out, "%s%s", i > 0 ? ", " : "", items[i]);
	buf_printf(out, "]%s", behind);
}

static json_t *
read_made(const struct document *made)
{
	struct buf text = {0};
	json_t *reading;

	buf_puts(&text, "{'format_version': '1.2', 'terraform_version': '1.11.4'");
	add_list(&text, "'prior_state': {'values': {'root_module': {'resources': ", made->prior,
	         "}}}");
	add_list(&text, "'values': {'root_module': {'resources': ", made->state, "}}");
	add_list(&text, "'resource_changes': ", made->changes, "");
	add_list(&text, "'configuration': {'root_module': {'resources': ", made->config, "}}");
	if (made->more != NULL)
		buf_printf(&text, ", %s", made->more);
	buf_puts(&text, "}");
	reading = read_quoted(buf_text(&text));
	buf_fini(&text);
	return reading;
}

static const char *
text(const json_t *reading, const char *path)
{
	const char *found = json_text_at(reading, path);

	return found != NULL ? found : "null";
}

/* "NAME=TEXT ...": of an object, what stands under these names; "null" for no text. */
static void
assert_has(const json_t *object, const char *expected)
{
	char *words = mem_str(expected), *rest = words, *word;

	assert_non_null(object);
	while ((word = strsep(&rest, " ")) != NULL) {
		char *name = strsep(&word, "=");

		if (strcmp(text(object, name), word) != 0)
			fail_msg("%s is %s, not %s", name, text(object, name), word);
	}
	free(words);
}

static void
assert_use(const json_t *reading, size_t index, const char *expected)
{
	assert_has(json_array_get(json_at(reading, "uses"), index), expected);
}

static void
assert_uses(const json_t *reading, size_t count)
{
	assert_int_equal(json_array_size(json_at(reading, "uses")), count);
	assert_int_equal(json_int_at(reading, "uses_total", -1), count);
}

/* ---- which version an image is ---- */

static void
the_version_comes_from_the_data_source_with_its_id(void **state)
{
	json_t *reading = PLAN(.prior = LIST(ARTIFACT("a", "null", "F12", "ami-12"),
	                                     VERSION("v", "production", "F12", "12"),
	                                     INSTANCE("aws_instance.web", "ami-12", "")));

	(void)state;
	assert_uses(reading, 2); /* no change mentions it: it stays */
	assert_use(reading, 0,
	           "when=now channel=production version=v12 version_id=ID12 "
	           "fingerprint=F12 organization_id=o by=resource provider=aws");
	assert_use(reading, 1, "when=planned");
	json_decref(reading);
}

/* lifecycle { ignore_changes = [ami] } */
static void
an_instances_own_image_wins(void **state)
{
	json_t *reading = PLAN(.prior = LIST(ARTIFACT("a", "'production'", "F13", "ami-13"),
	                                     INSTANCE("aws_instance.web", "ami-12",
	                                              "'data.hcp_packer_artifact.a'")),
	                       .changes = LIST(CHANGE("aws_instance.web", "'no-op'", "ami-12")));

	(void)state;
	assert_uses(reading, 2);
	for (size_t i = 0; i < 2; i++)
		assert_use(reading, i,
		           "bucket=base channel=production external_identifier=ami-12 "
		           "version=null fingerprint=null");
	json_decref(reading);
}

static void
ties_to_two_buckets_are_no_tie(void **state)
{
	json_t *reading =
		STATE(ARTIFACT("a", "'x'", "F1", "ami-1"),
	              "{'address': 'data.hcp_packer_artifact.b', 'mode': 'data', 'type':"
	              " 'hcp_packer_artifact', 'values': {'bucket_name': 'other',"
	              " 'external_identifier': 'ami-2'}}",
	              INSTANCE("aws_instance.web", "ami-0",
	                       "'data.hcp_packer_artifact.a', 'data.hcp_packer_artifact.b'"));

	(void)state;
	assert_uses(reading, 3);
	assert_has(use_of(reading, "now", "ami-0"), "bucket=null");
	assert_has(use_of(reading, "now", "ami-1"), "by=data");
	assert_has(use_of(reading, "now", "ami-2"), "bucket=other");
	json_decref(reading);
}

/* What an instance was made from may be gone from the configuration. */
static void
a_tie_to_what_is_not_there_is_no_tie(void **state)
{
	json_t *reading =
		PLAN(.prior = LIST(
			     ARTIFACT("a", "'x'", "F1", "ami-1"),
			     INSTANCE(
				     "aws_instance.web", "ami-0",
				     "'data.hcp_packer_artifact.a', 'data.hcp_packer_artifact.gone'")));

	(void)state;
	assert_has(use_of(reading, "now", "ami-0"), "bucket=null");
	json_decref(reading);
}

/* What runs was not made from what the configuration says now. */
static void
the_configuration_says_nothing_of_what_was_made_before(void **state)
{
	json_t *reading =
		PLAN(.prior = LIST(ARTIFACT("a", "'x'", "F1", "ami-1"),
	                           INSTANCE("aws_instance.web", "ami-0",
	                                    "'data.hcp_packer_artifact.gone'")),
	             .changes = LIST(CHANGE("aws_instance.web", "'delete','create'", "ami-1")),
	             .config = LIST(CONFIGURED("aws_instance.web",
	                                       "data.hcp_packer_artifact.a.external_identifier")));

	(void)state;
	assert_has(use_of(reading, "now", "ami-0"), "bucket=null");
	assert_has(use_of(reading, "planned", "ami-1"), "bucket=base");
	json_decref(reading);
}

static void
of_equal_images_the_one_it_is_tied_to_counts(void **state)
{
	json_t *reading = PLAN(.prior = LIST(ARTIFACT("latest", "'latest'", "F1", "ami-1"),
	                                     ARTIFACT("prod", "'production'", "F1", "ami-1"),
	                                     INSTANCE("aws_instance.tied", "ami-1",
	                                              "'data.hcp_packer_artifact.prod'"),
	                                     INSTANCE("aws_instance.loose", "ami-1", "")));
	size_t index, tied = 0, loose = 0;
	json_t *use;

	(void)state;
	json_array_foreach(json_at(reading, "uses"), index, use)
	{
		tied += strcmp(text(use, "channel"), "production") == 0;
		loose += strcmp(text(use, "channel"), "null") == 0;
		assert_string_equal(text(use, "fingerprint"), "F1");
	}
	assert_int_equal(tied, 2);
	assert_int_equal(loose, 2);
	json_decref(reading);
}

/* ---- what a plan changes ---- */

static void
actions_say_what_is_planned(void **state)
{
	static const struct {
		const char *actions;
		bool planned, fresh;
	} cases[] = {
		{"'no-op'", true, false},          {"'update'", true, false},
		{"'create'", true, true},          {"'delete','create'", true, true},
		{"'create','delete'", true, true}, {"'delete'", false, false},
		{"'forget'", false, false},        {"'create','forget'", true, true},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		char *change = mem_fmt(CHANGE("aws_instance.a", "%s", "ami-1"), cases[i].actions);
		json_t *reading = PLAN(.changes = LIST(change));
		json_t *use = use_of(reading, "planned", "ami-1");

		assert_int_equal(use != NULL, cases[i].planned);
		assert_int_equal(json_true_at(use, "fresh"), cases[i].fresh);
		json_decref(reading);
		free(change);
	}
}

static void
what_no_change_mentions_stays(void **state)
{
	json_t *reading =
		PLAN(.prior = LIST(INSTANCE("aws_instance.a[0]", "ami-1", ""),
	                           INSTANCE("aws_instance.a[1]", "ami-1", ""),
	                           INSTANCE("aws_instance.new", "ami-2", "")),
	             .changes = LIST(CHANGE("aws_instance.a[0]", "'delete','create'", "ami-3"),
	                             MOVED("aws_instance.old", "aws_instance.new", "ami-2")));
	json_t *stays = use_of(reading, "planned", "ami-1");

	(void)state;
	assert_int_equal(json_int_at(use_of(reading, "now", "ami-1"), "count", 0), 2);
	assert_int_equal(json_int_at(stays, "count", 0), 1);
	assert_string_equal(text(stays, "address"), "aws_instance.a[1]");
	assert_int_equal(json_int_at(use_of(reading, "planned", "ami-2"), "count", 0), 1);
	assert_true(json_true_at(use_of(reading, "planned", "ami-3"), "fresh"));
	json_decref(reading);
}

/* Moved within the plan: the prior state has it under its old address. */
static void
a_moved_instance_is_one(void **state)
{
	json_t *reading =
		PLAN(.prior = LIST(INSTANCE("aws_instance.old", "ami-2", "")),
	             .changes = LIST(MOVED("aws_instance.old", "aws_instance.new", "ami-2")));

	(void)state;
	assert_int_equal(json_int_at(use_of(reading, "planned", "ami-2"), "count", 0), 1);
	assert_string_equal(text(use_of(reading, "planned", "ami-2"), "address"),
	                    "aws_instance.new");
	json_decref(reading);
}

static void
a_deposed_instance_runs_until_the_apply(void **state)
{
	json_t *reading =
		PLAN(.prior = LIST(INSTANCE("aws_instance.a", "ami-2", ""),
	                           "{'address': 'aws_instance.a', 'mode': 'managed', 'type':"
	                           " 'aws_instance', 'deposed_key': 'abcdef01', 'values':"
	                           " {'ami': 'ami-1'}}"),
	             .changes = LIST("{'address': 'aws_instance.a', 'deposed': 'abcdef01', 'mode':"
	                             " 'managed', 'type': 'aws_instance', 'change': {'actions':"
	                             " ['delete'], 'after': null}}",
	                             CHANGE("aws_instance.a", "'no-op'", "ami-2")));

	(void)state;
	assert_non_null(use_of(reading, "now", "ami-1"));
	assert_null(use_of(reading, "planned", "ami-1"));
	assert_non_null(use_of(reading, "planned", "ami-2"));
	json_decref(reading);
}

static void
a_plan_that_destroys_uses_nothing(void **state)
{
	json_t *reading = PLAN(.prior = LIST(ARTIFACT("a", "'x'", "F1", "ami-1"),
	                                     INSTANCE("aws_instance.a", "ami-1", "")),
	                       .changes = LIST(CHANGE("aws_instance.a", "'delete'", "")));

	(void)state;
	assert_uses(reading, 1);
	assert_use(reading, 0, "when=now");
	json_decref(reading);
}

static void
an_errored_plan_says_what_was_read(void **state)
{
	json_t *reading = PLAN(.prior = LIST(ARTIFACT("a", "'production'", "F13", "ami-13"),
	                                     INSTANCE("aws_instance.web", "ami-12",
	                                              "'data.hcp_packer_artifact.a'")),
	                       .more = "'errored': true");

	(void)state;
	assert_true(json_true_at(reading, "errored"));
	assert_false(json_true_at(reading, "complete"));
	assert_uses(reading, 2);
	assert_use(reading, 0, "when=now version=null");
	assert_use(reading, 1, "when=planned by=data fingerprint=F13 type=hcp_packer_artifact");
	json_decref(reading);
}

/* ---- data sources by themselves ---- */

#define READ(name, reason, after)                                                                 \
	"{'address': 'data.hcp_packer_artifact." name "', 'mode': 'data', 'type':"                \
	" 'hcp_packer_artifact', 'change': {'actions': ['read'], 'before': null, 'after': " after \
	", 'after_unknown': {'external_identifier': true}}, 'action_reason': '" reason "'}"

static void
a_deferred_one_has_no_version(void **state)
{
	json_t *reading =
		PLAN(.changes =
	                     LIST(READ("d", "read_because_dependency_pending",
	                               "{'bucket_name': 'base', 'channel_name': 'production'}"),
	                          "{'address': 'aws_instance.web', 'mode': 'managed', 'type':"
	                          " 'aws_instance', 'change': {'actions': ['create'], 'after': {},"
	                          " 'after_unknown': {'ami': true}}}"),
	             .config = LIST(CONFIGURED("aws_instance.web",
	                                       "data.hcp_packer_artifact.d.external_identifier")));

	(void)state;
	assert_uses(reading, 1);
	assert_use(reading, 0,
	           "by=deferred bucket=base channel=production fingerprint=null "
	           "address=aws_instance.web");
	assert_true(json_true_at(json_at(reading, "uses.0"), "fresh"));
	json_decref(reading);
}

static void
a_deferred_one_without_instance_stands_alone(void **state)
{
	json_t *reading =
		PLAN(.changes = LIST(READ("d", "read_because_config_unknown",
	                                  "{'bucket_name': 'base', 'channel_name': null}")));

	(void)state;
	assert_uses(reading, 1);
	assert_use(reading, 0, "by=deferred address=data.hcp_packer_artifact.d channel=null");
	json_decref(reading);
}

static void
one_in_a_check_is_no_use(void **state)
{
	json_t *reading =
		PLAN(.prior = LIST(ARTIFACT("d", "'latest'", "F2", "ami-2"),
	                           INSTANCE("aws_instance.web", "ami-2", "")),
	             .changes =
	                     LIST(READ("d", "read_because_check_nested",
	                               "{'bucket_name': 'base', 'external_identifier': 'ami-2'}"),
	                          CHANGE("aws_instance.web", "'update'", "ami-3")));

	(void)state;
	assert_uses(reading, 2);
	assert_has(use_of(reading, "now", "ami-2"), "fingerprint=F2");
	assert_has(use_of(reading, "planned", "ami-3"), "bucket=null");
	json_decref(reading);
}

static void
a_version_alone_is_a_use_and_one_that_feeds_an_artifact_is_not(void **state)
{
	json_t *alone = PLAN(.prior = LIST(VERSION("v", "production", "F1", "1")));
	json_t *feeds = PLAN(.prior = LIST(VERSION("v", "production", "F1", "1"),
	                                   ARTIFACT("a", "null", "F1", "ami-1")));

	(void)state;
	assert_uses(alone, 1);
	assert_use(alone, 0, "by=data version=v1 external_identifier=null");
	assert_uses(feeds, 1);
	assert_use(feeds, 0, "external_identifier=ami-1 version=v1 channel=production");
	json_decref(alone);
	json_decref(feeds);
}

static void
the_oldest_data_source_names_all_images_of_an_iteration(void **state)
{
	json_t *reading = read_quoted(
		"{'version': 4, 'terraform_version': '1.0.0', 'resources': ["
		"{'mode': 'data', 'type': 'hcp_packer_image_iteration', 'name': 'i', 'instances': [{"
		"'attributes': {'bucket_name': 'base', 'channel': 'production', 'id': 'ID7',"
		"'incremental_version': 7, 'fingerprint': 'F7', 'builds': ["
		"{'images': [{'image_id': 'ami-1', 'region': 'us-east-1'}, {'region': 'eu-west-1',"
		" 'image_id': 'ami-2'}], 'cloud_provider': 'aws', 'id': 'b1'},"
		"{'cloud_provider': 'gce', 'images': [{'image_id': 'base-7', 'region': 'us'}]}]}}]},"
		"{'mode': 'managed', 'type': 'aws_instance', 'name': 'w', 'instances': [{"
		"'attributes': {'ami': 'ami-2'}, 'index_key': 'eu'}]},"
		"{'module': 'module.g', 'mode': 'managed', 'type': 'google_compute_instance', 'name': 'w',"
		" 'instances': [{'attributes': {'boot_disk': [{'initialize_params': [{'image':"
		" 'https://www.googleapis.com/compute/v1/projects/p/global/images/base-7'}]}]}}]}]}");
	json_t *aws = use_of(reading, "now", "ami-2"), *gce = use_of(reading, "now", "base-7");

	(void)state;
	assert_has(aws, "address=aws_instance.w[\"eu\"] region=eu-west-1 platform=aws version=v7 "
	                "version_id=ID7");
	assert_has(gce, "by=resource platform=gce provider=google");
	assert_uses(reading, 2); /* the others are its images, too, and not used */
	json_decref(reading);
}

static void
no_time_is_null(void **state)
{
	static const char *const times[] = {"null", "''", "'0001-01-01T00:00:00.000Z'",
	                                    "'1970-01-01T00:00:00Z'"};

	(void)state;
	for (size_t i = 0; i < COUNT(times); i++) {
		char *version = mem_fmt("{'address': 'data.hcp_packer_version.v', 'mode': 'data',"
		                        " 'type': 'hcp_packer_version', 'values': {'bucket_name':"
		                        " 'b', 'revoke_at': %s}}",
		                        times[i]);
		json_t *reading = PLAN(.prior = LIST(version));

		assert_use(reading, 0, "revoke_at=null");
		json_decref(reading);
		free(version);
	}
}

/* ---- references ---- */

/* Through a variable of a module, and an output of another. */
static void
references_go_through_modules(void **state)
{
	json_t *reading =
		PLAN(.changes = LIST(
			     "{'address': 'module.web[0].module.node.aws_instance.n[\\'a\\']', 'mode':"
			     " 'managed', 'type': 'aws_instance', 'change': {'actions': ['create'], 'after':"
			     " {'ami': 'ami-own'}}}"),
	             .more = "'prior_state': {'values': {'root_module': {'child_modules': [{'address':"
	                     " 'module.img', 'resources': [{'address': 'module.img.data.hcp_packer_artifact.a',"
	                     " 'mode': 'data', 'type': 'hcp_packer_artifact', 'values': {'bucket_name': 'base',"
	                     " 'version_fingerprint': 'F1', 'external_identifier': 'ami-1'}}]}]}}},"
	                     "'configuration': {'root_module': {'module_calls': {"
	                     "'img': {'module': {'outputs': {'ami': {'expression': {'references':"
	                     " ['data.hcp_packer_artifact.a.external_identifier']}}}}},"
	                     "'web': {'expressions': {'image': {'references': ['module.img.ami',"
	                     " 'module.img']}}, 'module': {'module_calls': {'node': {'expressions': {'ami_id':"
	                     " {'references': ['var.image']}}, 'module': {'resources': [{'address':"
	                     " 'aws_instance.n', 'mode': 'managed', 'type': 'aws_instance', 'expressions':"
	                     " {'ami': {'references': ['var.ami_id']}, 'user_data': {'references':"
	                     " ['data.hcp_packer_artifact.no']}}}]}}}}}}}}");

	(void)state;
	assert_has(use_of(reading, "planned", "ami-own"), "bucket=base fingerprint=null");
	json_decref(reading);
}

/* A variable that stands for itself ends somewhere. */
static void
references_in_circles_end(void **state)
{
	json_t *reading =
		PLAN(.changes = LIST(CHANGE("module.a.aws_instance.n", "'create'", "ami-1")),
	             .more = "'configuration': {'root_module': {'module_calls': {'a': {'expressions': {'x':"
	                     " {'references': ['module.a.y', 'module.a.y.z']}}, 'module': {'outputs': {'y': {"
	                     "'expression': {'references': ['var.x', 'var.x.q']}}}, 'resources': [{'address':"
	                     " 'aws_instance.n', 'mode': 'managed', 'type': 'aws_instance', 'expressions':"
	                     " {'ami': {'references': ['var.x']}}}]}}}}}");

	(void)state;
	assert_uses(reading, 1);
	json_decref(reading);
}

/* ---- which documents ---- */

static void
a_document_of_another_kind_is_refused(void **state)
{
	static const struct {
		const char *text, *error;
	} cases[] = {
		{"", "byte 0: parse error: premature EOF"},
		{"{}", "neither a plan nor a state of Terraform"},
		{"[]", "neither a plan nor a state of Terraform"},
		{"<html>", "byte 1: lexical error: invalid char in json text"},
		{"{\"format_version\":\"1.0\",\"provider_schemas\":{}}",
	         "neither a plan nor a state of Terraform"},
		{"{\"format_version\":\"2.0\",\"values\":{}}", "a format_version that is not 1.x"},
		{"{\"resource_changes\":[]}", "a plan without format_version"},
		{"{\"version\":3,\"modules\":[],\"resources\":[]}",
	         "a state file of version 3; only 4 is read"},
		{"{\"format_version\":\"1.2\",\"resource_changes\":[{},{\"change\":{\"after\":{\"ami\":oops",
	         "in resource_changes[1].change.after: byte 74: lexical error: invalid char in json text"},
		{"{\"format_version\":\"1.2\"", "byte 23: parse error: premature EOF"},
		{"{\"format_version\":\"1.2\"} x", "byte 26: parse error: trailing garbage"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct err err = {""};

		assert_null(read_text(cases[i].text, strlen(cases[i].text), 0, &err));
		assert_string_equal(err.text, cases[i].error);
	}
}

static void
an_empty_state_is_one(void **state)
{
	static const char *const texts[] = {
		"{'format_version': '1.0'}",
		"{'format_version': '0.2', 'terraform_version': '1.0.11', 'values': {}}",
		"{'version': 4, 'terraform_version': '1.5.7', 'serial': 1, 'resources': []}",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++) {
		json_t *reading = read_quoted(texts[i]);

		assert_has(reading, "format=state");
		assert_uses(reading, 0);
		json_decref(reading);
	}
}

static void
what_nests_too_deep_is_refused(void **state)
{
	struct buf deep = {0};
	struct err err = {""};

	(void)state;
	for (int i = 0; i < 100000; i++)
		buf_puts(&deep, "{\"values\":[");
	assert_null(read_text(deep.data, deep.len, 4096, &err));
	assert_non_null(strstr(err.text, "nested more than 512 deep"));
	buf_fini(&deep);
}

static void
values_of_a_strange_shape_are_passed_over(void **state)
{
	json_t *reading =
		PLAN(.more = "'prior_state': [1], 'resource_changes': {'address': 'x'},"
	                     " 'resource_drift': 'x', 'checks': [[], null, 7, {'status': {}}],"
	                     " 'configuration': {'root_module': []}, 'planned_values': true,"
	                     " 'complete': 'no'");

	(void)state;
	assert_uses(reading, 0);
	json_decref(reading);
}

/* ---- drift and checks ---- */

static void
drift_is_told_by_names_and_never_by_values(void **state)
{
	json_t *reading =
		PLAN(.more = "'resource_drift': [{'address': 'aws_instance.a', 'mode': 'managed', 'type':"
	                     " 'aws_instance', 'change': {'actions': ['update'], 'before': {'same': {'a': 1, 'b': [2]},"
	                     " 'gone': 'secret-1', 'tags': {'x': 'y'}, 'none': null, 'list': [1, 2]},"
	                     " 'after': {'list': [2, 1], 'same': {'b': [2], 'a': 1}, 'tags': {'x': 'secret-2'}, 'new':"
	                     " true}}},"
	                     "{'address': 'aws_instance.b', 'type': 'aws_instance', 'change': {'actions': ['delete'],"
	                     " 'before': {'a': 1}, 'after': null}},"
	                     "{'address': 'aws_instance.c', 'type': 'aws_instance', 'change': {'actions': ['no-op']}}]");
	char *out = json_dumps(reading, 0);

	(void)state;
	assert_int_equal(json_int_at(reading, "drift.total", -1), 2);
	char *names = json_dumps(json_at(reading, "drift.resources.0.attributes"), JSON_COMPACT);

	assert_string_equal(names, "[\"gone\",\"list\",\"new\",\"tags\"]");
	assert_has(json_at(reading, "drift.resources.1"), "action=delete");
	assert_null(strstr(out, "secret"));
	free(names);
	free(out);
	json_decref(reading);
}

static void
checks_of_a_state_file_are_read(void **state)
{
	json_t *reading = read_quoted(
		"{'version': 4, 'resources': [], 'check_results': [{'object_kind': 'output',"
		" 'config_addr': 'output.x', 'status': 'fail', 'objects': [{'object_addr': 'output.x',"
		" 'status': 'fail', 'failure_messages': ['no', 'really']}]}, {'object_kind': 'check',"
		" 'config_addr': 'check.y', 'status': 'pass'}]}");

	(void)state;
	assert_int_equal(json_int_at(reading, "checks.total", -1), 1);
	assert_has(json_at(reading, "checks.items.0"),
	           "kind=output_value address=output.x messages.1=really");
	json_decref(reading);
}

/* ---- rows of an operator ---- */

static void
more_types_can_be_given(void **state)
{
	static const struct image_type rows[] = {{"acme", "acme_machine", "hardware.boot[].image"}};
	static const char document[] =
		"{\"version\":4,\"resources\":[{\"instances\":[{\"attributes\":{\"hardware\":{\"boot\":[{"
		"\"image\":42}]}}}],\"mode\":\"managed\",\"type\":\"acme_machine\",\"name\":\"m\"}]}";
	const struct image_types more = {rows, COUNT(rows)};
	struct reader *reader = reader_new(&more);
	struct err err = {""};
	json_t *reading;

	(void)state;
	assert_int_equal(reader_feed(reader, document, strlen(document), &err), 0);
	assert_int_equal(reader_end(reader, &reading, &err), 0);
	assert_use(reading, 0, "provider=acme external_identifier=42");
	json_decref(reading);
	reader_free(reader);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_version_comes_from_the_data_source_with_its_id),
		cmocka_unit_test(an_instances_own_image_wins),
		cmocka_unit_test(ties_to_two_buckets_are_no_tie),
		cmocka_unit_test(a_tie_to_what_is_not_there_is_no_tie),
		cmocka_unit_test(the_configuration_says_nothing_of_what_was_made_before),
		cmocka_unit_test(of_equal_images_the_one_it_is_tied_to_counts),
		cmocka_unit_test(actions_say_what_is_planned),
		cmocka_unit_test(what_no_change_mentions_stays),
		cmocka_unit_test(a_moved_instance_is_one),
		cmocka_unit_test(a_deposed_instance_runs_until_the_apply),
		cmocka_unit_test(a_plan_that_destroys_uses_nothing),
		cmocka_unit_test(an_errored_plan_says_what_was_read),
		cmocka_unit_test(a_deferred_one_has_no_version),
		cmocka_unit_test(a_deferred_one_without_instance_stands_alone),
		cmocka_unit_test(one_in_a_check_is_no_use),
		cmocka_unit_test(a_version_alone_is_a_use_and_one_that_feeds_an_artifact_is_not),
		cmocka_unit_test(the_oldest_data_source_names_all_images_of_an_iteration),
		cmocka_unit_test(no_time_is_null),
		cmocka_unit_test(references_go_through_modules),
		cmocka_unit_test(references_in_circles_end),
		cmocka_unit_test(a_document_of_another_kind_is_refused),
		cmocka_unit_test(an_empty_state_is_one),
		cmocka_unit_test(what_nests_too_deep_is_refused),
		cmocka_unit_test(values_of_a_strange_shape_are_passed_over),
		cmocka_unit_test(drift_is_told_by_names_and_never_by_values),
		cmocka_unit_test(checks_of_a_state_file_are_read),
		cmocka_unit_test(more_types_can_be_given),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

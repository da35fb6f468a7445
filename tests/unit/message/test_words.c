#include "tests/unit/message/unit.h"

#include <stdlib.h>
#include <string.h>

#include "relay/base/json.h"
#include "relay/base/mem.h"
#include "relay/message/words.h"

static json_t *
parsed(const char *text)
{
	json_t *out = json_loads(text, 0, NULL);

	assert_non_null(out);
	return out;
}

/* What is said of an incident; JSON as text, NULL for none. */
struct said {
	enum incident_kind kind;
	enum phase phase;
	bool resolved;
	const char *image, *detail, *workspace;
	struct incident_counts counts;
	const char *title, *summary;
};

static void
check(const struct said *said)
{
	struct incident incident = {
		.kind = said->kind,
		.phase = said->phase,
		.open = !said->resolved,
		.bucket_key = "org/prj/base",
		.channel = "production",
		.detail = said->detail != NULL ? parsed(said->detail) : NULL,
	};
	json_t *image = said->image != NULL ? parsed(said->image) : NULL;
	char *title = words_title(&incident, image, said->workspace);
	char *summary = words_summary(&incident, image, said->workspace, &said->counts);

	assert_string_equal(title, said->title);
	assert_string_equal(summary, said->summary);
	free(title);
	free(summary);
	json_decref(incident.detail);
	json_decref(image);
}

#define BASE "\"bucket\": \"base\", \"version\": \"v3\", \"fingerprint\": \"f3\""
#define REVOKED  \
	"{" BASE \
	", \"status\": \"revoked\", \"revoked_by\": \"jane.doe@example.com\", \"reason\": \"CVE-1\"}"

static void
counts_read_well_for_none_one_and_many(void **state)
{
	static const struct {
		struct incident_counts counts;
		const char *words;
	} cases[] = {
		{{0}, "No known workspace runs it."},
		{{.affected = 1, .total = 1}, "1 workspace still runs it."},
		{{.affected = 2, .total = 2}, "2 workspaces still run it."},
		{{.affected = 1, .possible = 1, .total = 1}, "1 workspace may run it."},
		{{.affected = 41, .possible = 41, .total = 41}, "41 workspaces may run it."},
		{{.affected = 3, .possible = 2, .moved = 1, .total = 4},
	         "1 workspace still runs it; 2 may run it; 1 has moved."},
		{{.affected = 2, .possible = 1, .moved = 2, .gone = 2, .total = 6},
	         "1 workspace still runs it; 1 may run it; 2 have moved; 2 are gone."},
		{{.affected = 1, .planned = 1, .total = 1}, "1 workspace plans to run it."},
		{{.affected = 6, .planned = 2, .possible = 1, .total = 6},
	         "3 workspaces still run it; 2 plan to run it; 1 may run it."},
		{{.moved = 1, .total = 1}, "1 workspace has moved."},
		{{.moved = 2, .gone = 1, .total = 3}, "2 workspaces have moved; 1 is gone."},
		{{.gone = 1, .total = 1}, "1 workspace is gone."},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		char *words = words_counts(&cases[i].counts);

		assert_string_equal(words, cases[i].words);
		free(words);
	}
}

static void
a_revocation_says_who_what_why_and_who_is_affected(void **state)
{
	static const struct said cases[] = {
		{.phase = PHASE_REVOKED,
	         .image = REVOKED,
	         .counts = {.affected = 1, .moved = 1, .total = 2},
	         .title = "Image revoked: base v3",
	         .summary =
	                 "jane.doe@example.com revoked base v3: CVE-1. 1 workspace still runs it; 1 has moved."},
		{.phase = PHASE_REVOKED,
	         .image = "{\"bucket\": \"base\", \"fingerprint\": \"f3\"}",
	         .title = "Image revoked: base f3",
	         .summary = "Somebody revoked base f3. No known workspace runs it."},
		{.phase = PHASE_REVOKED,
	         .title = "Image revoked: base",
	         .summary = "Somebody revoked base. No known workspace runs it."},
		{.phase = PHASE_SCHEDULED,
	         .counts = {.affected = 2, .possible = 2, .total = 2},
	         .image =
	                 "{" BASE
	                 ", \"revoked_by\": \"jane\", \"revoke_at\": \"2026-12-01T00:00:00Z\", \"reason\": \"end of life\"}",
	         .title = "Image to be revoked: base v3",
	         .summary =
	                 "jane scheduled the revocation of base v3 for 2026-12-01T00:00:00Z: end of life. 2 workspaces may run it."},
		{.phase = PHASE_DUE,
	         .counts = {.affected = 1, .total = 1},
	         .image = "{" BASE ", \"revoke_at\": \"2026-12-01T00:00:00Z\"}",
	         .title = "Image due to be revoked: base v3",
	         .summary =
	                 "The revocation of base v3, scheduled for 2026-12-01T00:00:00Z, is due and not confirmed yet. 1 workspace still runs it."},
		{.phase = PHASE_LIFTED,
	         .resolved = true,
	         .image = "{" BASE "}",
	         .title = "Revocation lifted: base v3",
	         .summary = "The revocation of base v3 was lifted: it may be used again."},
		{.phase = PHASE_CLEARED,
	         .resolved = true,
	         .image = REVOKED,
	         .workspace = "api-prod",
	         .counts = {.moved = 2, .gone = 1, .total = 3},
	         .title = "All moved off revoked image: base v3",
	         .summary =
	                 "No known workspace runs base v3 any more. 2 workspaces have moved; 1 is gone."},
		{.phase = PHASE_CLEARED,
	         .resolved = true,
	         .image = REVOKED,
	         .title = "Nobody runs revoked image: base v3",
	         .summary = "No known workspace has run base v3 for 30 days."},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		check(&cases[i]);
}

static void
a_reason_brings_its_own_full_stop(void **state)
{
	static const char *const reasons[][2] = {
		{"It is bad.", "S revoked base: It is bad. No known workspace runs it."},
		{"Why?", "S revoked base: Why? No known workspace runs it."},
		{"two\\nlines\\n\\n", "S revoked base: two\nlines. No known workspace runs it."},
		{" \\n ", "S revoked base. No known workspace runs it."},
		{"", "S revoked base. No known workspace runs it."},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(reasons); i++) {
		char *image =
			mem_fmt("{\"bucket\": \"base\", \"revoked_by\": \"S\", \"reason\": \"%s\"}",
		                reasons[i][0]);

		check(&(struct said){.phase = PHASE_REVOKED,
		                     .image = image,
		                     .title = "Image revoked: base",
		                     .summary = reasons[i][1]});
		free(image);
	}
}

static void
superseding_names_the_channel_and_the_replacement(void **state)
{
	static const char to_v4[] =
		"{\"replacement\": {\"version\": \"v4\", \"fingerprint\": \"f4\", \"channel\": \"production\"}}";
	static const struct said cases[] = {
		{.kind = KIND_IMAGE_SUPERSEDED,
	         .image = "{" BASE "}",
	         .detail = to_v4,
	         .counts = {.affected = 2, .possible = 2, .total = 2},
	         .title = "Image superseded: base v3 by v4 on production",
	         .summary =
	                 "Channel production of base now points to v4. 2 workspaces may run an older version."},
		{.kind = KIND_IMAGE_SUPERSEDED,
	         .image = "{" BASE "}",
	         .detail = to_v4,
	         .counts = {.affected = 1, .total = 1},
	         .title = "Image superseded: base v3 by v4 on production",
	         .summary =
	                 "Channel production of base now points to v4. 1 workspace runs an older version."},
		{.kind = KIND_IMAGE_SUPERSEDED,
	         .image = "{" BASE "}",
	         .detail =
	                 "{\"replacement\": {\"version\": \"v5\"}, \"behind\": {\"versions\": 2, \"days\": 37}}",
	         .counts = {.affected = 3, .possible = 1, .total = 3},
	         .title = "Image superseded: base v3 by v5 on production",
	         .summary =
	                 "Channel production of base now points to v5. 3 workspaces may run an older version, up to 2 versions and 37 days behind."},
		{.kind = KIND_IMAGE_SUPERSEDED,
	         .image = "{" BASE "}",
	         .detail =
	                 "{\"replacement\": {\"version\": \"v4\"}, \"behind\": {\"versions\": 1, \"days\": 1}}",
	         .counts = {.affected = 1, .total = 1},
	         .title = "Image superseded: base v3 by v4 on production",
	         .summary =
	                 "Channel production of base now points to v4. 1 workspace runs an older version, 1 version and 1 day behind."},
		{.kind = KIND_IMAGE_SUPERSEDED,
	         .image = "{" BASE "}",
	         .detail = "{\"replacement\": {\"version\": \"v4\"}, \"invalid\": true}",
	         .resolved = true,
	         .counts = {.affected = 1, .total = 1},
	         .title = "Image superseded: base v3 by v4 on production",
	         .summary =
	                 "Channel production of base points to no valid version any more: nobody needs to move to it."},
		/* What the channel held before is not known. */
		{.kind = KIND_IMAGE_SUPERSEDED,
	         .detail = to_v4,
	         .counts = {.affected = 1, .possible = 1, .total = 1},
	         .title = "Image superseded: base by v4 on production",
	         .summary =
	                 "Channel production of base now points to v4. 1 workspace may run an older version."},
		{.kind = KIND_IMAGE_SUPERSEDED,
	         .image = "{" BASE "}",
	         .detail = to_v4,
	         .resolved = true,
	         .counts = {.moved = 1, .total = 1},
	         .title = "Image superseded: base v3 by v4 on production",
	         .summary =
	                 "Channel production of base now points to v4. All workspaces that follow it have moved."},
		{.kind = KIND_IMAGE_SUPERSEDED,
	         .phase = PHASE_ROLLED_BACK,
	         .image = "{" BASE ", \"replacement\": {\"version\": \"v2\"}}",
	         .counts = {.affected = 2, .total = 2},
	         .title = "Image rolled back: base v3 to v2 on production",
	         .summary =
	                 "Channel production of base now points to v2: v3 was withdrawn. 2 workspaces run the withdrawn version."},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		check(&cases[i]);
}

static void
a_release_counts_its_artifacts(void **state)
{
	(void)state;
	check(&(struct said){.kind = KIND_IMAGE_RELEASED,
	                     .resolved = true,
	                     .image = "{" BASE ", \"artifacts\": []}",
	                     .title = "Image released: base v3",
	                     .summary = "base v3 is complete."});
	check(&(struct said){.kind = KIND_IMAGE_RELEASED,
	                     .resolved = true,
	                     .image = "{" BASE ", \"artifacts\": [{}]}",
	                     .title = "Image released: base v3",
	                     .summary = "base v3 is complete, with 1 artifact."});
	check(&(struct said){.kind = KIND_IMAGE_RELEASED,
	                     .resolved = true,
	                     .image = "{" BASE ", \"artifacts\": [{}, {}]}",
	                     .title = "Image released: base v3",
	                     .summary = "base v3 is complete, with 2 artifacts."});
}

static void
a_deletion_says_who_did_it_and_who_runs_the_version(void **state)
{
	static const struct said cases[] = {
		{.image = "{" BASE ", \"status\": \"deleted\"}",
	         .detail = "{\"deleted_by\": \"jane.doe@example.com\"}",
	         .counts = {.affected = 2, .possible = 2, .total = 2},
	         .summary = "jane.doe@example.com deleted base v3. 2 workspaces may run it."},
		{.image = "{" BASE ", \"status\": \"deleted\"}",
	         .counts = {.affected = 1, .total = 1},
	         .summary = "base v3 was deleted. 1 workspace still runs it."},
		{.image = "{" BASE ", \"status\": \"deleted\"}",
	         .resolved = true,
	         .counts = {.moved = 1, .total = 1},
	         .summary = "No known workspace runs base v3 any more."},
		{.image = "{" BASE ", \"status\": \"deleted\"}",
	         .resolved = true,
	         .counts = {.affected = 1, .total = 1},
	         .summary =
	                 "base v3 was revoked before it was deleted: its revocation tells the rest."},
		{.image = "{" BASE ", \"status\": \"active\"}",
	         .resolved = true,
	         .counts = {.affected = 1, .total = 1},
	         .summary = "base v3 is in the registry again."},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct said said = cases[i];

		said.kind = KIND_IMAGE_DELETED;
		said.title = "Image deleted: base v3";
		check(&said);
	}
}

static void
a_channel_says_what_it_points_at(void **state)
{
	static const struct said cases[] = {
		{.image = REVOKED,
	         .summary = "Channel production still points at base v3, which is revoked."},
		{.image = REVOKED,
	         .resolved = true,
	         .detail = "{\"now\": {\"version\": \"v4\"}}",
	         .summary = "Channel production points at v4, a valid version, again."},
		{.image = REVOKED,
	         .resolved = true,
	         .summary = "Channel production no longer points at a revoked version."},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct said said = cases[i];

		said.kind = KIND_CHANNEL_REVOKED;
		said.title = "Channel points at a revoked version: production of base";
		check(&said);
	}
}

static void
drift_says_how_much_and_on_what_image(void **state)
{
	static const struct said cases[] = {
		{.kind = KIND_WORKSPACE_DRIFT,
	         .workspace = "web",
	         .detail = "{\"drift\": {\"resources_drifted\": 1}}",
	         .title = "Workspace drifted: web",
	         .summary = "1 resource of web no longer matches its configuration."},
		{.kind = KIND_WORKSPACE_DRIFT,
	         .workspace = "web",
	         .detail = "{\"drift\": {\"resources_drifted\": 4}}",
	         .image = REVOKED,
	         .title = "Workspace drifted: web",
	         .summary =
	                 "4 resources of web no longer match its configuration. It may run base v3, which is revoked."},
		{.kind = KIND_WORKSPACE_DRIFT,
	         .workspace = "web",
	         .image = "{" BASE ", \"status\": \"active\"}",
	         .detail = "{\"drift\": {\"resources_drifted\": null}}",
	         .title = "Workspace drifted: web",
	         .summary = "web no longer matches its configuration."},
		{.kind = KIND_WORKSPACE_DRIFT,
	         .workspace = "",
	         .title = "Workspace drifted: (unknown)",
	         .summary = "(unknown) no longer matches its configuration."},
		{.kind = KIND_WORKSPACE_DRIFT,
	         .workspace = "web",
	         .detail = "{\"drift\": {\"resources_drifted\": 4}}",
	         .image = "{" BASE ", \"status\": \"deleted\"}",
	         .counts = {.affected = 1, .total = 1},
	         .title = "Workspace drifted: web",
	         .summary =
	                 "4 resources of web no longer match its configuration. It runs base v3, which is deleted."},
		{.kind = KIND_WORKSPACE_DRIFT,
	         .workspace = "web",
	         .resolved = true,
	         .image = REVOKED,
	         .title = "Workspace drifted: web",
	         .summary = "web no longer drifts."},
		{.kind = KIND_WORKSPACE_DRIFT,
	         .phase = PHASE_STALE,
	         .workspace = "web",
	         .resolved = true,
	         .title = "Workspace drifted: web",
	         .summary =
	                 "No assessment of web for 7 days: whether it still drifts is not known."},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		check(&cases[i]);
}

#define AMI(n, more) \
	"{\"external_identifier\": \"ami-" #n "\", \"address\": \"aws_instance.a" #n "\"" more "}"

static void
untracked_images_are_named_and_many_are_counted(void **state)
{
	static const struct {
		const char *detail, *summary;
		bool resolved;
		int64_t gone;
	} cases[] = {
		{.detail = "{\"findings\": [" AMI(1, "") "]}",
	         .summary = "web runs an image that no bucket knows: ami-1 (aws_instance.a1)."},
		{.detail = "{\"findings\": [" AMI(1, ", \"planned_by\": \"run-1\"") "]}",
	         .summary =
	                 "web is about to run an image that no bucket knows: ami-1 (aws_instance.a1)."},
		{.detail = "{\"findings\": [" AMI(1, ", \"planned_by\": \"run-1\"") ", " AMI(
			 2, "") "]}",
	         .summary =
	                 "web runs 2 images that no bucket knows: ami-1 (aws_instance.a1), ami-2 (aws_instance.a2)."},
		{.detail = "{\"findings\": [" AMI(1, "") ", " AMI(2, "") ", " AMI(3, "") ", " AMI(
			 4, "") ", " AMI(5, "") "]}",
	         .summary =
	                 "web runs 5 images that no bucket knows: ami-1 (aws_instance.a1), ami-2 (aws_instance.a2), ami-3 (aws_instance.a3) and 2 more."},
		{.detail = "{\"findings\": []}",
	         .resolved = true,
	         .summary = "No untracked image is left in web."},
		{.detail = "{\"findings\": []}",
	         .resolved = true,
	         .gone = 1,
	         .summary = "web is gone."},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		check(&(struct said){.kind = KIND_WORKSPACE_UNTRACKED_IMAGE,
		                     .workspace = "web",
		                     .detail = cases[i].detail,
		                     .resolved = cases[i].resolved,
		                     .counts = {.gone = cases[i].gone, .total = 1},
		                     .title = "Untracked image: web",
		                     .summary = cases[i].summary});
}

#define WRONG(more) "{\"findings\": [{" BASE ", \"wanted\": [\"production\"]" more "}]}"

static void
a_wrong_channel_is_named_with_the_right_one(void **state)
{
	static const struct {
		const char *detail, *summary;
		bool resolved;
	} cases[] = {
		{.detail = WRONG(", \"channel\": \"dev\""),
	         .summary = "web runs base v3 from channel dev instead of production."},
		{.detail = WRONG(", \"channel\": \"dev\", \"planned_by\": \"run-1\""),
	         .summary = "web is about to run base v3 from channel dev instead of production."},
		{.detail = WRONG(", \"pinned\": true"),
	         .summary =
	                 "web runs base v3, pinned to that version instead of from channel production."},
		{.detail = WRONG(""),
	         .summary = "web runs base v3, which was never on channel production."},
		{.detail = "{\"findings\": [{\"bucket\": \"base\", \"channel\": \"dev\", "
	                   "\"wanted\": [\"a\", \"b\"]}, {\"bucket\": \"edge\", \"channel\": "
	                   "\"c\", \"wanted\": [\"a\"]}]}",
	         .summary =
	                 "web runs base from channel dev instead of a or b; edge from channel c instead of a."},
		{.detail = "{\"findings\": []}",
	         .resolved = true,
	         .summary = "No image from a wrong channel is left in web."},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		check(&(struct said){.kind = KIND_WORKSPACE_WRONG_CHANNEL,
		                     .workspace = "web",
		                     .detail = cases[i].detail,
		                     .resolved = cases[i].resolved,
		                     .title = "Wrong channel: web",
		                     .summary = cases[i].summary});
}

static void
failed_checks_are_counted_and_so_are_those_that_errored(void **state)
{
	static const struct {
		const char *detail, *summary;
		bool resolved;
		enum phase phase;
	} cases[] = {
		{.detail = "{\"drift\": {\"checks_failed\": 1}, \"checks_errored\": 0}",
	         .summary = "1 check of web failed."},
		{.detail = "{\"drift\": {\"checks_failed\": 2}, \"checks_errored\": 1}",
	         .summary = "2 checks of web failed, and 1 could not be evaluated."},
		{.detail = "{\"drift\": {\"checks_failed\": 0}, \"checks_errored\": 2}",
	         .summary = "2 checks of web could not be evaluated."},
		{.detail = "{\"drift\": {\"checks_failed\": null}, \"checks_errored\": -1}",
	         .summary = "Checks of web failed."},
		{.detail = "{\"ended_by\": \"assessment\"}",
	         .summary = "All checks of web pass again.",
	         .resolved = true},
		{.detail = "{\"ended_by\": \"apply\"}",
	         .summary = "web was applied since: its next assessment checks it again.",
	         .resolved = true},
		{.detail = "{\"ended_by\": \"time\"}",
	         .summary =
	                 "No assessment of web for 7 days: whether its checks still fail is not known.",
	         .resolved = true,
	         .phase = PHASE_STALE},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		check(&(struct said){.kind = KIND_WORKSPACE_CHECK_FAILED,
		                     .workspace = "web",
		                     .detail = cases[i].detail,
		                     .resolved = cases[i].resolved,
		                     .phase = cases[i].phase,
		                     .title = "Checks failed: web",
		                     .summary = cases[i].summary});
}

static void
a_failed_run_says_whose_and_why(void **state)
{
	static const struct said cases[] = {
		{.kind = KIND_WORKSPACE_RUN_FAILED,
	         .workspace = "web",
	         .detail =
	                 "{\"run\": {\"id\": \"run-1\", \"status\": \"errored\", \"created_by\": \"bob\", \"message\": \"Fix it.\\n\"}}",
	         .title = "Run failed: web",
	         .summary = "Run run-1 of web, started by bob, errored: Fix it."},
		{.kind = KIND_WORKSPACE_RUN_FAILED,
	         .workspace = "web",
	         .image = "{" BASE ", \"status\": \"scheduled\"}",
	         .detail =
	                 "{\"run\": {\"id\": \"run-1\", \"status\": \"policy_soft_failed\", \"created_by\": null, \"message\": \"\"}}",
	         .title = "Image base v3 to be revoked: run failed in web",
	         .summary =
	                 "web may run base v3, which is to be revoked. Run run-1 of web failed a policy check."},
		{.kind = KIND_WORKSPACE_RUN_FAILED,
	         .workspace = "web",
	         .image = REVOKED,
	         .detail = "{\"run\": {\"id\": \"run-1\", \"status\": \"errored\"}}",
	         .counts = {.affected = 1, .total = 1},
	         .title = "Revoked image base v3: run failed in web",
	         .summary = "web runs base v3, which is revoked. Run run-1 of web errored."},
		{.kind = KIND_WORKSPACE_RUN_FAILED,
	         .workspace = "web",
	         .resolved = true,
	         .title = "Run failed: web",
	         .summary = "A later run of web succeeded."},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		check(&cases[i]);
}

static void
events_not_understood_are_counted(void **state)
{
	static const struct said cases[] = {
		{.kind = KIND_RELAY_UNKNOWN_EVENT,
	         .title = "Event not understood: version.x from packer",
	         .detail =
	                 "{\"kind\": \"version.x\", \"source\": \"packer\", \"count\": 1, \"reason\": \"new action\"}",
	         .summary =
	                 "1 event of kind version.x from source packer was kept but not understood: new action. Nothing is lost: it can be replayed once the cause is gone."},
		{.kind = KIND_RELAY_UNKNOWN_EVENT,
	         .title = "Event not understood: version.x from packer",
	         .detail =
	                 "{\"kind\": \"version.x\", \"source\": \"packer\", \"count\": 2, \"reason\": \"new action\"}",
	         .summary =
	                 "2 events of kind version.x from source packer were kept but not understood: new action. Nothing is lost: it can be replayed once the cause is gone."},
		{.kind = KIND_RELAY_UNKNOWN_EVENT,
	         .resolved = true,
	         .title = "Event not understood: (unknown) from (unknown)",
	         .summary = "All such events have been replayed."},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		check(&cases[i]);
}

static void
every_kind_and_phase_has_words_for_nothing_and_for_a_megabyte(void **state)
{
	char *huge = mem_alloc((1 << 20) + 1);
	json_t *image;

	(void)state;
	memset(huge, 'x', 1 << 20);
	image = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "bucket", huge, "version", huge,
	                  "reason", huge, "revoked_by", huge, "revoke_at", huge, "status",
	                  "revoked");
	for (int i = 0; i < KIND_COUNT * PHASE_COUNT * 4; i++) {
		struct incident incident = {.kind = i % KIND_COUNT,
		                            .phase = i / KIND_COUNT % PHASE_COUNT,
		                            .open = i / (KIND_COUNT * PHASE_COUNT * 2) % 2};
		bool rich = i / (KIND_COUNT * PHASE_COUNT) % 2;
		struct incident_counts nobody = {0};
		char *title = words_title(&incident, rich ? image : NULL, rich ? huge : NULL);
		char *summary =
			words_summary(&incident, rich ? image : NULL, rich ? huge : NULL, &nobody);

		assert_true(strlen(title) > 0);
		assert_true(strlen(summary) > 0);
		free(title);
		free(summary);
	}
	json_decref(image);
	free(huge);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counts_read_well_for_none_one_and_many),
		cmocka_unit_test(a_revocation_says_who_what_why_and_who_is_affected),
		cmocka_unit_test(a_reason_brings_its_own_full_stop),
		cmocka_unit_test(superseding_names_the_channel_and_the_replacement),
		cmocka_unit_test(a_release_counts_its_artifacts),
		cmocka_unit_test(a_deletion_says_who_did_it_and_who_runs_the_version),
		cmocka_unit_test(a_channel_says_what_it_points_at),
		cmocka_unit_test(drift_says_how_much_and_on_what_image),
		cmocka_unit_test(untracked_images_are_named_and_many_are_counted),
		cmocka_unit_test(a_wrong_channel_is_named_with_the_right_one),
		cmocka_unit_test(failed_checks_are_counted_and_so_are_those_that_errored),
		cmocka_unit_test(a_failed_run_says_whose_and_why),
		cmocka_unit_test(events_not_understood_are_counted),
		cmocka_unit_test(every_kind_and_phase_has_words_for_nothing_and_for_a_megabyte),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

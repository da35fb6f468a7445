#include "tests/unit/model/unit.h"

#include <stdlib.h>
#include <string.h>

#include "relay/base/buf.h"
#include "relay/base/mem.h"
#include "relay/model/route.h"
#include "relay/model/team.h"

#define TEXTS(...)                                                        \
	{                                                                 \
		(char *[]){__VA_ARGS__}, COUNT(((char *[]){__VA_ARGS__})) \
	}

static struct conf_team teams[] = {
	{.name = "payments",
         .workspaces = TEXTS("fin-payments-*"),
         .buckets = TEXTS("fin-payments-images")},
	{.name = "platform", .workspaces = TEXTS("fin-*", "core-*"), .buckets = TEXTS("base-*")},
};
static struct conf_sink sinks[] = {{.name = "chat"}, {.name = "list"}, {.name = "siem"}};

static struct incident_row
row(char *name, char *bucket_key)
{
	return (struct incident_row){.name = name,
	                             .bucket_key = bucket_key,
	                             .organization = "acme",
	                             .fingerprint = "f1"};
}

/* "SINK:AUDIENCE" of everyone told, in order; the caller frees. */
static char *
told_by(struct conf_route *routes, size_t count, struct route_facts facts)
{
	struct conf conf = {
		.teams = {teams, COUNT(teams)},
		.sinks = {sinks, COUNT(sinks)},
		.routes = {routes, count},
	};
	static const struct incident_rows nobody;
	struct told_list told;
	struct buf out = {0};

	if (facts.rows == NULL)
		facts.rows = &nobody;
	route_select(&conf, &facts, &told);
	for (size_t i = 0; i < told.count; i++) {
		const struct told *t = &told.items[i];

		buf_printf(&out, "%s%s:%s", i > 0 ? " " : "", t->sink->name,
		           t->audience == AUDIENCE_EVERYONE  ? "everyone"
		           : t->audience == AUDIENCE_UNOWNED ? "unowned"
		                                             : t->team);
		assert_true((t->audience == AUDIENCE_TEAM) == (t->team != NULL));
	}
	free(told.items);
	return out.len > 0 ? buf_take(&out) : mem_str("");
}

static const struct route_facts revoked = {
	.kind = KIND_IMAGE_REVOCATION, .severity = SEVERITY_CRITICAL, .bucket = "base-ubuntu"};

static struct route_facts
revoked_on(struct incident_rows *rows)
{
	struct conf conf = {.teams = {teams, COUNT(teams)}};
	struct route_facts facts = revoked;

	team_of_rows(&conf, rows);
	facts.rows = rows;
	return facts;
}

static void
assert_told(struct conf_route *routes, size_t count, struct route_facts facts, const char *expected)
{
	char *told = told_by(routes, count, facts);

	assert_string_equal(told, expected);
	free(told);
}

static struct incident_row three[] = {
	{.name = "fin-payments-prod",
         .bucket_key = "o/p/base-ubuntu",
         .organization = "acme",
         .channel = "production"},
	{.name = "hr-web", .bucket_key = "o/p/base-ubuntu", .organization = "acme"},
	{.name = "fin-payments-dev", .bucket_key = "o/p/base-ubuntu", .organization = "acme"},
};
static struct incident_rows three_rows = {three, COUNT(three)};

static const char *
owner(const struct conf *conf, const char *name, const char *project, const char *tags)
{
	return team_of_workspace(conf, &(struct workspace_marks){name, project, tags});
}

static void
the_first_team_that_matches_owns(void **state)
{
	struct conf conf = {.teams = {teams, COUNT(teams)}};

	(void)state;
	assert_string_equal(owner(&conf, "fin-payments-prod", NULL, NULL), "payments");
	assert_string_equal(owner(&conf, "FIN-PAYMENTS-PROD", NULL, NULL), "payments");
	assert_string_equal(owner(&conf, "fin-web", NULL, NULL), "platform");
	assert_null(owner(&conf, "hr-web", NULL, NULL));
	assert_null(owner(&conf, "", NULL, NULL));
	assert_null(owner(&conf, NULL, NULL, NULL));
	assert_string_equal(team_of_bucket(&conf, "base-ubuntu"), "platform");
	assert_null(team_of_bucket(&conf, "fin-payments-prod"));
	assert_null(team_of_bucket(&conf, NULL));
}

static struct conf_team by_mark[] = {
	{.name = "web", .tags = TEXTS("web", "team:web-*")},
	{.name = "data", .projects = TEXTS("Data *"), .workspaces = TEXTS("etl-*")},
	{.name = "rest", .tags = TEXTS("owner=*"), .projects = TEXTS("*")},
};

static void
a_team_owns_by_project_and_tag_too(void **state)
{
	struct conf conf = {.teams = {by_mark, COUNT(by_mark)}};

	(void)state;
	assert_string_equal(owner(&conf, "a", NULL, "[\"critical\",\"WEB\"]"), "web");
	assert_string_equal(owner(&conf, "a", NULL, "[\"team:web-shop\"]"), "web");
	assert_string_equal(owner(&conf, "a", NULL, "[\"team=web-shop\"]"), "web");
	assert_string_equal(owner(&conf, "a", NULL, "[\"owner:kim\"]"), "rest");
	assert_string_equal(owner(&conf, "a", "data lake", NULL), "data");
	assert_string_equal(owner(&conf, "etl-1", "Data lake", "[\"web\"]"), "web");
	assert_string_equal(owner(&conf, "etl-1", NULL, "[]"), "data");
	assert_string_equal(owner(&conf, "a", "Other", NULL), "rest");
	assert_null(owner(&conf, "a", NULL, NULL));
	assert_null(owner(&conf, "a", NULL, "[\"webber\", 1, null]"));
	assert_null(owner(&conf, "a", NULL, "not JSON"));
}

static void
empty_matches_take_everything_and_every_route_counts(void **state)
{
	struct conf_route routes[] = {{.to = TEXTS("chat", "list")}, {.to = TEXTS("siem")}};

	(void)state;
	assert_told(routes, 2, revoked, "chat:everyone list:everyone siem:everyone");
	assert_told(routes, 0, revoked, "");
}

static void
each_part_of_a_match_must_hold(void **state)
{
	const struct {
		struct conf_match match;
		bool holds;
	} cases[] = {
		{{.kinds = TEXTS("image.*")}, true},
		{{.kinds = TEXTS("workspace.*")}, false},
		{{.kinds = TEXTS("workspace.*", "IMAGE.revocation")}, true},
		{{.severities = TEXTS("critical")}, true},
		{{.severities = TEXTS("info", "warning")}, false},
		{{.teams = TEXTS("platform")}, true}, /* of the bucket */
		{{.teams = TEXTS("payments")}, true}, /* of a workspace */
		{{.teams = TEXTS("security")}, false},
		{{.buckets = TEXTS("base-*")}, true},
		{{.buckets = TEXTS("fin-*")}, false},
		{{.workspaces = TEXTS("hr-*")}, true},
		{{.workspaces = TEXTS("ops-*")}, false},
		{{.organizations = TEXTS("acme")}, true},
		{{.organizations = TEXTS("hcp-org")}, true},
		{{.organizations = TEXTS("other")}, false},
		{{.channels = TEXTS("production")}, true},
		{{.channels = TEXTS("staging")}, false},
		{{.kinds = TEXTS("image.*"), .workspaces = TEXTS("ops-*")}, false},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct conf_route route = {.match = cases[i].match, .to = TEXTS("chat")};
		struct route_facts facts = revoked_on(&three_rows);

		facts.organization_id = "hcp-org";
		assert_told(&route, 1, facts, cases[i].holds ? "chat:everyone" : "");
	}
}

static void
an_incident_without_a_bucket_has_those_of_its_rows(void **state)
{
	struct incident_row rows[] = {row("fin-web", "")};
	struct incident_rows list = {rows, 1};
	struct conf_route route = {.match = {.buckets = TEXTS("*")}, .to = TEXTS("chat")};
	struct route_facts facts = {.kind = KIND_WORKSPACE_DRIFT, .rows = &list};

	(void)state;
	assert_told(&route, 1, facts, ""); /* nothing is known of an image */
	rows[0].bucket_key = "o/p/base-x";
	assert_told(&route, 1, facts, "chat:everyone");
}

static void
per_team_tells_owners_of_workspaces_and_of_the_bucket(void **state)
{
	struct conf_route route = {.to = TEXTS("chat"), .per = PER_TEAM};

	(void)state;
	assert_told(&route, 1, revoked_on(&three_rows), "chat:platform chat:payments chat:unowned");
}

static void
the_buckets_owner_hears_also_when_no_workspace_is_affected(void **state)
{
	struct conf_route route = {.to = TEXTS("chat"), .per = PER_TEAM};
	struct route_facts facts = revoked;

	(void)state;
	assert_told(&route, 1, facts, "chat:platform");
	facts.bucket = "nobodys-bucket";
	assert_told(&route, 1, facts, "chat:unowned");
}

static void
rows_nobody_owns_go_where_unowned_says(void **state)
{
	struct conf_route route = {.to = TEXTS("chat", "list"), .per = PER_TEAM};
	struct incident_row rows[] = {row("hr-web", "o/p/x")};
	struct incident_rows list = {rows, 1};
	struct route_facts facts = {.kind = KIND_WORKSPACE_DRIFT, .rows = &list};

	(void)state;
	assert_told(&route, 1, facts, "chat:unowned list:unowned");
	route.unowned = "siem";
	assert_told(&route, 1, facts, "siem:unowned");
	route.unowned = "drop";
	assert_told(&route, 1, facts, "");
}

static void
a_list_of_teams_keeps_others_out(void **state)
{
	struct conf_route route = {
		.to = TEXTS("chat"), .per = PER_TEAM, .teams = TEXTS("payments")};

	(void)state;
	assert_told(&route, 1, revoked_on(&three_rows), "chat:payments");
	route.unowned = "list";
	assert_told(&route, 1, revoked_on(&three_rows), "chat:payments list:unowned");
	assert_told(&route, 1, revoked, "");
}

static void
two_routes_to_one_sink_tell_an_audience_once(void **state)
{
	struct conf_route routes[] = {{.name = "a", .to = TEXTS("chat")},
	                              {.name = "b", .to = TEXTS("chat", "list")},
	                              {.name = "c", .to = TEXTS("chat"), .per = PER_TEAM}};

	(void)state;
	assert_told(routes, 3, revoked, "chat:everyone list:everyone chat:platform");
}

static void
stop_ends_the_search_for_the_audiences_told(void **state)
{
	struct conf_route routes[] = {
		{.to = TEXTS("chat"), .per = PER_TEAM, .teams = TEXTS("payments"), .stop = true},
		{.to = TEXTS("list"), .per = PER_TEAM},
		{.to = TEXTS("siem")},
	};

	(void)state;
	assert_told(routes, 3, revoked_on(&three_rows),
	            "chat:payments list:platform list:unowned siem:everyone");
	routes[0] = (struct conf_route){.to = TEXTS("chat"), .stop = true};
	assert_told(routes, 3, revoked_on(&three_rows), "chat:everyone");
	routes[0].match.kinds =
		(struct key_texts)TEXTS("workspace.*"); /* does not match: stops nothing */
	assert_told(routes, 3, revoked, "list:platform siem:everyone");
}

static void
stop_counts_also_where_an_earlier_route_told_the_same_sinks(void **state)
{
	struct conf_route routes[] = {
		{.to = TEXTS("chat")}, {.to = TEXTS("chat"), .stop = true}, {.to = TEXTS("siem")}};

	(void)state;
	assert_told(routes, 3, revoked, "chat:everyone");
}

static void
a_dropped_audience_was_not_told_and_is_searched_on_for(void **state)
{
	struct conf_route routes[] = {
		{.to = TEXTS("chat"), .per = PER_TEAM, .unowned = "drop", .stop = true},
		{.to = TEXTS("list"), .per = PER_TEAM}};

	(void)state;
	assert_told(routes, 2, revoked_on(&three_rows), "chat:platform chat:payments list:unowned");
}

/* "key" of the first refusal, or "matches". */
static const char *
refusal(struct conf_match match, struct route_facts facts)
{
	struct conf conf = {.teams = {teams, COUNT(teams)}};
	const char *key = route_refusal(&conf, &match, &facts);

	return key != NULL ? key : "matches";
}

static void
the_first_key_that_is_not_met_is_named(void **state)
{
	struct route_facts facts = revoked_on(&three_rows);

	(void)state;
	facts.organization_id = "org-1";
	facts.channel = "production";
	assert_string_equal(refusal((struct conf_match){.kinds = TEXTS("image.*")}, facts),
	                    "matches");
	assert_string_equal(refusal((struct conf_match){0}, facts), "matches");
	assert_string_equal(refusal((struct conf_match){.kinds = TEXTS("workspace.*"),
	                                                .severities = TEXTS("info")},
	                            facts),
	                    "kinds");
	assert_string_equal(refusal((struct conf_match){.kinds = TEXTS("image.*"),
	                                                .severities = TEXTS("info"),
	                                                .buckets = TEXTS("nothing")},
	                            facts),
	                    "severities");
	assert_string_equal(
		refusal((struct conf_match){.buckets = TEXTS("app-*"), .teams = TEXTS("nobody")},
	                facts),
		"buckets");
	assert_string_equal(refusal((struct conf_match){.teams = TEXTS("nobody")}, facts), "teams");
	assert_string_equal(refusal((struct conf_match){.workspaces = TEXTS("hr-db")}, facts),
	                    "workspaces");
	assert_string_equal(refusal((struct conf_match){.organizations = TEXTS("other")}, facts),
	                    "organizations");
	assert_string_equal(refusal((struct conf_match){.channels = TEXTS("staging")}, facts),
	                    "channels");
	facts.image_channels = (struct key_texts)TEXTS("staging");
	assert_string_equal(refusal((struct conf_match){.channels = TEXTS("staging")}, facts),
	                    "matches");
}

static void
write_step(const struct route_step *step, void *out)
{
	static const char *const fates[] = {
		[ROUTE_REFUSED] = "refused",        [ROUTE_TELLS] = "tells",
		[ROUTE_TOLD_ALREADY] = "already",   [ROUTE_STOPPED] = "stopped",
		[ROUTE_TEAM_LEFT_OUT] = "unlisted", [ROUTE_UNOWNED_LEFT_OUT] = "unowned",
	};

	buf_printf(out, "%s:%s", step->route->name, fates[step->fate]);
	if (step->key != NULL)
		buf_printf(out, ":%s", step->key);
	if (step->team != NULL)
		buf_printf(out, ":%s", step->team);
	if (step->sink != NULL)
		buf_printf(out, ":%s", step->sink->name);
	if (step->by != NULL)
		buf_printf(out, ":by %s", step->by->name);
	buf_putc(out, ' ');
}

static void
assert_traced(struct conf_route *routes, size_t count, struct route_facts facts,
              const char *expected)
{
	struct conf conf = {
		.teams = {teams, COUNT(teams)},
		.sinks = {sinks, COUNT(sinks)},
		.routes = {routes, count},
	};
	struct buf out = {0};

	route_trace(&conf, &facts, write_step, &out);
	assert_string_equal(buf_text(&out), expected);
	buf_fini(&out);
}

static void
every_route_says_what_it_did_and_why_not(void **state)
{
	struct conf_route routes[] = {
		{.name = "drift", .match.kinds = TEXTS("workspace.*"), .to = TEXTS("chat")},
		{.name = "pay",
	         .per = PER_TEAM,
	         .teams = TEXTS("payments"),
	         .to = TEXTS("chat"),
	         .stop = true},
		{.name = "teams", .per = PER_TEAM, .unowned = "drop", .to = TEXTS("chat", "list")},
		{.name = "again", .per = PER_TEAM, .unowned = "siem", .to = TEXTS("chat")},
	};

	(void)state;
	assert_traced(routes, COUNT(routes), revoked_on(&three_rows),
	              "drift:refused:kinds "
	              "pay:unlisted:platform pay:tells:payments:chat pay:unowned "
	              "teams:tells:platform:chat teams:tells:platform:list "
	              "teams:stopped:payments:by pay teams:stopped:payments:by pay teams:unowned "
	              "again:already:platform:chat:by teams "
	              "again:stopped:payments:by pay again:stopped:payments:by pay "
	              "again:tells:siem ");
}

static void
an_audience_sees_its_rows_and_a_buckets_owner_all(void **state)
{
	struct conf conf = {.teams = {teams, COUNT(teams)}};
	struct incident_row rows[] = {row("fin-payments-prod", "o/p/x"), row("hr-web", "o/p/x"),
	                              row(NULL, "")};
	const struct incident_row *payments = &rows[0], *nobodys = &rows[1], *nameless = &rows[2];
	struct incident_rows list = {rows, COUNT(rows)};

	(void)state;
	team_of_rows(&conf, &list);
	assert_string_equal(payments->team, "payments");
	assert_null(nobodys->team);
	assert_null(nameless->team);
	assert_true(audience_sees(AUDIENCE_EVERYONE, NULL, NULL, nobodys));
	assert_true(audience_sees(AUDIENCE_TEAM, "payments", NULL, payments));
	assert_false(audience_sees(AUDIENCE_TEAM, "payments", NULL, nobodys));
	assert_false(audience_sees(AUDIENCE_TEAM, "platform", NULL, payments));
	assert_true(audience_sees(AUDIENCE_TEAM, "platform", "platform", payments));
	assert_true(audience_sees(AUDIENCE_TEAM, "platform", "platform", nobodys));
	assert_true(audience_sees(AUDIENCE_UNOWNED, NULL, "platform", nobodys));
	assert_false(audience_sees(AUDIENCE_UNOWNED, NULL, "platform", payments));
	assert_false(audience_sees(AUDIENCE_TEAM, "payments", NULL, nameless));
	assert_true(audience_sees(AUDIENCE_UNOWNED, NULL, NULL, nameless));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_team_that_matches_owns),
		cmocka_unit_test(a_team_owns_by_project_and_tag_too),
		cmocka_unit_test(empty_matches_take_everything_and_every_route_counts),
		cmocka_unit_test(each_part_of_a_match_must_hold),
		cmocka_unit_test(an_incident_without_a_bucket_has_those_of_its_rows),
		cmocka_unit_test(per_team_tells_owners_of_workspaces_and_of_the_bucket),
		cmocka_unit_test(the_buckets_owner_hears_also_when_no_workspace_is_affected),
		cmocka_unit_test(rows_nobody_owns_go_where_unowned_says),
		cmocka_unit_test(a_list_of_teams_keeps_others_out),
		cmocka_unit_test(two_routes_to_one_sink_tell_an_audience_once),
		cmocka_unit_test(stop_ends_the_search_for_the_audiences_told),
		cmocka_unit_test(stop_counts_also_where_an_earlier_route_told_the_same_sinks),
		cmocka_unit_test(a_dropped_audience_was_not_told_and_is_searched_on_for),
		cmocka_unit_test(the_first_key_that_is_not_met_is_named),
		cmocka_unit_test(every_route_says_what_it_did_and_why_not),
		cmocka_unit_test(an_audience_sees_its_rows_and_a_buckets_owner_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

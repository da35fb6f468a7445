/* Keys that must fit together, and the warnings. */
#include "common.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "relay/base/clock.h"
#include "relay/base/mem.h"

static void
admin_beyond_loopback_needs_tls_and_a_token(void **state)
{
	(void)state;
	assert_faults("listen:\n  admin: 0.0.0.0:1\n",
	              "2:10: admin beyond loopback needs admin_tls\n"
	              "2:10: admin beyond loopback needs admin_token_file or admin_token_env\n");
	folder_certificate("a");
	assert_loads(
		"listen:\n  admin: 0.0.0.0:1\n  admin_tls: {certificate_file: a.pem, key_file: "
		"a.key}\n"
		"  admin_token_file: one\n",
		"1:1: warning: no route takes image.revocation, workspace.drift\n");
}

static void
a_certificate_and_its_key_come_together_and_can_be_read(void **state)
{
	(void)state;
	assert_faults("listen: {tls: {key_file: one}}\n",
	              "1:26: tls needs both certificate_file and key_file\n");
	assert_faults("listen: {admin_tls: {certificate_file: one}}\n",
	              "1:21: admin_tls needs both certificate_file and key_file\n");
	assert_faults("listen: {tls: {certificate_file: no, key_file: nor}}\n",
	              "1:34: certificate_file cannot be read\n1:48: key_file cannot be read\n");
	assert_faults("listen: {tls: {certificate_file: ., key_file: one}}\n",
	              "1:34: certificate_file is not a regular file\n");
	folder_certificate("a");
	char *key = mem_fmt("%s/a.key", folder());
	assert_int_equal(chmod(key, 0644), 0);
	assert_loads("listen: {tls: {certificate_file: a.pem, key_file: a.key}}\n",
	             "1:1: warning: no route takes image.revocation, workspace.drift\n"
	             "1:51: warning: key_file can be used by everybody (mode 0644)\n");
	free(key);
}

static void
what_tls_cannot_be_spoken_with_is_a_fault(void **state)
{
	(void)state;
	folder_certificate("a");
	folder_certificate("b");
	assert_fault("listen:\n  tls: {certificate_file: one, key_file: a.key}\n",
	             "2:8: tls: certificate ");
	assert_fault("listen:\n  tls: {certificate_file: a.pem, key_file: one}\n",
	             "2:8: tls: key ");
	assert_fault("listen:\n  admin_tls: {certificate_file: a.pem, key_file: b.key}\n",
	             "/b.key: key values mismatch\n");
}

static void
the_listeners_have_an_address_each(void **state)
{
	static const char fault[] = "admin needs an address of its own: ingest has this one\n";
	static const char *const clashes[][2] = {{"127.0.0.1:9", "127.0.0.1:9"},
	                                         {"0.0.0.0:9", "127.0.0.1:9"},
	                                         {"localhost:9", "'[::]:9'"},
	                                         {"unix:a", "unix:a"}};
	static const char *const fine[][2] = {{"127.0.0.1:0", "127.0.0.1:0"},
	                                      {"127.0.0.1:9", "127.0.0.1:8"},
	                                      {"127.0.0.1:9", "127.0.0.2:9"},
	                                      {"0.0.0.0:9", "unix:a"}};

	(void)state;
	for (size_t i = 0; i < COUNT(clashes); i++) {
		char *text = mem_fmt("listen:\n  ingest: %s\n  admin: %s\n", clashes[i][0],
		                     clashes[i][1]);

		assert_fault(text, fault);
		free(text);
	}
	assert_fault("listen: {ingest: 127.0.0.1:8081}\n", fault);
	for (size_t i = 0; i < COUNT(fine); i++) {
		char *text =
			mem_fmt("listen:\n  ingest: %s\n  admin: %s\n", fine[i][0], fine[i][1]);

		assert_loads(text, "1:1: warning: no route takes image.revocation, "
		                   "workspace.drift\n");
		free(text);
	}
}

static void
zero_limits_are_refused(void **state)
{
	(void)state;
	assert_faults("limits: {body: 0, request: 0s, connections: 0, queue: 0, idle: 0, headers: "
	              "0}\nstore: {retention: 0d}\n",
	              "1:16: body needs more than 0\n1:28: request needs more than 0\n"
	              "1:45: connections needs more than 0\n1:55: queue needs more than 0\n"
	              "1:64: idle needs more than 0\n1:76: headers needs more than 0\n"
	              "2:20: retention needs more than 0\n");
}

static void
no_limit_is_cut_to_another(void **state)
{
	(void)state;
	assert_faults("limits: {body: 65M, headers: 1025k, connections: 4294967296, queue: "
	              "1000000001}\n",
	              "1:16: body needs at most 64M, not \"65M\"\n"
	              "1:30: headers needs at most 1M, not \"1025k\"\n"
	              "1:50: connections needs at most 1000000, not \"4294967296\"\n"
	              "1:69: queue needs at most 1000000000, not \"1000000001\"\n");
	assert_loads("limits: {body: 64M, headers: 1024k, connections: 1000000, queue: "
	             "1000000000}\n",
	             "1:1: warning: no route takes image.revocation, workspace.drift\n");
}

static void
admin_names_are_hosts(void **state)
{
	(void)state;
#define FAULT "admin_names needs names of hosts, without https:// and port, not "
	assert_faults("listen:\n  admin_names:\n  - https://a.example.com\n  - \"*.example.com\"\n"
	              "  - a b\n  - a.example.com:8443\n  - \"2001:db8::1\"\n",
	              "3:5: " FAULT "\"https://a.example.com\"\n4:5: " FAULT
	              "\"*.example.com\"\n5:5: " FAULT "\"a b\"\n6:5: " FAULT
	              "\"a.example.com:8443\"\n7:5: " FAULT "\"2001:db8::1\"\n");
#undef FAULT
	assert_loads("listen: {admin_names: [relay.example.com, relay, 10.0.0.1, "
	             "\"[2001:db8::1]\"]}\n",
	             "1:1: warning: no route takes image.revocation, workspace.drift\n");
}

static void
this_version_stores_in_sqlite(void **state)
{
	(void)state;
	assert_fault("store: {url: \"postgresql://u@h/db\"}",
	             "1:14: url names a PostgreSQL server, but this version stores in SQLite");
	assert_fault("store: {url: mysql://h}", "1:14: url needs sqlite:PATH\n");
	assert_fault("store: {url: \"sqlite:\"}", "needs a path");
	assert_fault("store: {url: \"sqlite::memory:\"}",
	             "1:14: url needs the path of a file: what is kept must outlive the process\n");
	assert_fault("store: {url: sqlite://a/b}", "without //");
	assert_fault("store: {url: sqlite:a/}", "names a folder");
}

static void
a_store_s_folder_that_is_not_there_is_warned_of(void **state)
{
	struct loaded loaded = load("store: {url: sqlite:nowhere/d.db}");

	(void)state;
	assert_non_null(loaded.conf);
	assert_non_null(strstr(loaded.report.data, "1:14: warning: url: the folder \""));
	assert_non_null(strstr(loaded.report.data,
	                       "/nowhere\" cannot be used: No such file or directory\n"));
	loaded_fini(&loaded);
}

static void
names_are_told_once_and_fit_a_url_path(void **state)
{
	(void)state;
	assert_faults(
		"sources:\n- {name: a, letter: {seal_file: one}}\n- {name: a, letter: {seal_file: "
		"one}}\n"
		"- {name: a/b, letter: {seal_file: one}}\n- {name: .a, letter: {seal_file: one}}\n"
		"teams: [{name: t}, {name: t}]\n"
		"sinks: [{name: s, drum: {beats: 1}}, {name: s, drum: {beats: 1}}, {name: drop, "
		"drum: {beats: 1}}]\n"
		"routes: [{name: r, to: [s]}, {name: r, to: [s]}]\n",
		"3:10: duplicate name \"a\" in sources: it stands on line 2 already\n"
		"4:10: name is part of a URL: letters, digits, \".\", \"_\" and \"-\", beginning "
		"with a letter or digit\n"
		"5:10: name is part of a URL: letters, digits, \".\", \"_\" and \"-\", beginning "
		"with a letter or digit\n"
		"6:27: duplicate name \"t\" in teams: it stands on line 6 already\n"
		"7:45: duplicate name \"s\" in sinks: it stands on line 7 already\n"
		"7:74: name cannot be \"drop\": unowned uses that word\n"
		"8:37: duplicate name \"r\" in routes: it stands on line 8 already\n");
}

static void
a_route_names_what_there_is(void **state)
{
	(void)state;
	assert_faults(
		"teams: [{name: payments}]\nsinks: [{name: siem, drum: {beats: 1}}]\nroutes:\n"
		"- name: r\n  match: {kinds: [image.*, IMAGE.R?vocation, imagex.*], severities: "
		"[critical, fatal]}\n"
		"  to: [siem, sien, other]\n  teams: [paymnets]\n  unowned: nowhere\n"
		"- {name: q, to: [siem], per: team, unowned: drop}\n",
		"5:46: kinds: \"imagex.*\" matches no incident kind\n"
		"5:80: severities needs one of info, warning, critical, not \"fatal\"\n"
		"6:14: there is no sink \"sien\": did you mean \"siem\"?\n"
		"6:20: there is no sink \"other\"\n"
		"7:11: there is no team \"paymnets\": did you mean \"payments\"?\n"
		"8:12: there is no sink \"nowhere\"\n");
}

static void
assert_rule_fault(const char *rule, const char *part)
{
	char *text = mem_fmt("correlate:\n- %s\n", rule);

	assert_fault(text, part);
	free(text);
}

static void
broken_patterns_are_told(void **state)
{
	(void)state;
	assert_rule_fault("{bucket: 'a-{b', workspace: x}",
	                  "2:12: bucket has a {name} without its \"}\"");
	assert_rule_fault("{bucket: 'a-{}', workspace: x}", "2:12: bucket has a {} without a name");
	assert_rule_fault("{bucket: 'a-b}', workspace: x}",
	                  "2:12: bucket has a \"}\" without its \"{\"");
	assert_rule_fault("{bucket: a, workspace: '{b c}'}",
	                  "2:26: workspace has a {name} with other bytes");
	assert_rule_fault("{bucket: a, workspace: '{b{c}}'}",
	                  "2:26: workspace has a {name} with other bytes");
	assert_rule_fault("{bucket: '{a}{b}{c}{d}{e}', workspace: '{a}{f}{g}{h}{i}'}",
	                  "together have more than 8 different {name}s");
	assert_rule_fault("{bucket: a, workspace: b, channel: '{c}'}",
	                  "2:38: channel takes no {name}");
	assert_rule_fault("{workspace: b}", "2:3: bucket is missing in correlate");
}

static void
a_rule_whose_sides_share_no_name_is_warned_about(void **state)
{
	struct loaded l = load("correlate:\n- {bucket: '{a}-images', workspace: '{b}-*'}\n"
	                       "- {bucket: '{a}-{a}', workspace: '{a}-{x}'}\n- {bucket: base, "
	                       "workspace: '{b}-*'}\n");

	(void)state;
	assert_non_null(l.conf);
	assert_non_null(strstr(buf_text(&l.report),
	                       "2:37: warning: workspace has none of the bucket's {name}s"));
	assert_null(strstr(buf_text(&l.report), "3:"));
	assert_null(strstr(buf_text(&l.report), "4:"));
	assert_string_equal(conf_item(l.conf->correlate, struct conf_rule, 0)->organization, "*");
	assert_null(conf_item(l.conf->correlate, struct conf_rule, 0)->channel);
	loaded_fini(&l);
}

static void
links_are_checked_and_lose_their_slashes(void **state)
{
	struct loaded l = load(
		"links: {base_url: 'http://h/x//', runbooks: [{kind: image.*, url: http://w/}]}\n");

	(void)state;
	assert_non_null(l.conf);
	assert_string_equal(l.conf->links.base_url, "http://h/x");
	loaded_fini(&l);
	assert_faults("links: {base_url: 'http://h/?a', runbooks: [{kind: x.*, url: file:///w}]}\n",
	              "1:19: base_url needs a URL without ? and #\n"
	              "1:52: kind matches no incident kind\n"
	              "1:62: url needs an http or https URL without a user name\n");
}

#define NO_ROUTES "1:1: warning: no route takes image.revocation, workspace.drift\n"
#define MARKED_TEAMS                                                                \
	"teams:\n- {name: a, workspaces: [x]}\n- {name: b, projects: [Payments]}\n" \
	"- {name: c, tags: [\"team:c\"], projects: [P]}\n"

static void
projects_and_tags_need_an_api_to_learn_them_from(void **state)
{
	static const char warnings[] = NO_ROUTES
		"6:23: warning: projects are learnt from the API of HCP Terraform, and no "
		"source has \"api\"\n"
		"7:19: warning: tags are learnt from the API of HCP Terraform, and no source "
		"has \"api\"\n"
		"7:41: warning: projects are learnt from the API of HCP Terraform, and no "
		"source has \"api\"\n";

	(void)state;
	folder_file("seal.key", "k\n", 0600);
	assert_loads("sources:\n- {name: s, letter: {seal_file: seal.key}}\n\n" MARKED_TEAMS,
	             warnings);
	assert_loads("sources:\n- {name: s, letter: {seal_file: seal.key,\n"
	             "  api: \"https://tf.example.com\"}}\n" MARKED_TEAMS,
	             NO_ROUTES);
}

static void
what_hardly_works_as_meant_is_warned_about(void **state)
{
	(void)state;
	assert_loads(
		"sinks:\n- {name: a, drum: {beats: 1}}\nteams: [{name: t}]\nroutes:\n"
		"- {name: r, match: {kinds: [image.*]}, to: [a], teams: [t], unowned: drop}\n",
		"2:10: warning: \"a\" is the only sink: when it fails, no other one can say so\n"
		"3:16: warning: the team owns nothing without workspaces, projects, tags or "
		"buckets\n"
		"5:1: warning: no route takes workspace.drift\n"
		"5:56: warning: teams has no effect without \"per: team\"\n"
		"5:70: warning: unowned has no effect without \"per: team\"\n");
	assert_loads("sinks:\n- {name: a, drum: {beats: 1}}\n- {name: b, drum: {beats: 1}}\n- "
	             "{name: c, drum: {beats: 1}}\n"
	             "routes:\n- {name: r, to: [a], per: team, unowned: b}\n",
	             "4:10: warning: no route names the sink \"c\"\n");
}

#define TEAM_SINKS                                                                                  \
	"teams: [{name: t, buckets: [t-*]}]\nsinks:\n- {name: a, bell: {url: \"http://h/team\"}}\n" \
	"- {name: b, drum: {beats: 1}}\nroutes:\n"

static void
an_address_that_needs_a_team_is_used_where_one_is(void **state)
{
	(void)state;
	assert_loads(TEAM_SINKS "- {name: r, to: [a], per: team, unowned: b}\n", "");
	assert_loads(TEAM_SINKS "- {name: r, to: [a, b], per: team, teams: [t]}\n", "");
	assert_loads(TEAM_SINKS "- {name: r, to: [a, b], per: team}\n",
	             "6:17: warning: what no team owns is told only to those sinks whose address "
	             "needs no team\n");
	assert_faults(
		TEAM_SINKS "- {name: r, to: [b, a]}\n- {name: s, to: [a], per: team}\n"
			   "- {name: u, to: [b], per: team, unowned: a}\n",
		"6:21: it needs a team, and a route without \"per: team\" tells no team: give "
		"it \"per: team\", or the address a default\n"
		"7:17: nobody would hear of what no team owns, since every address here needs "
		"a team: give one a default, or the route \"unowned\": a sink, or drop\n"
		"8:42: it needs a team, and what no team owns has none: give the address a "
		"default, or name another sink\n");
	assert_faults("fallback: a\n" TEAM_SINKS "- {name: r, to: [a, b], per: team, teams: [t]}\n",
	              "1:11: it needs a team, and the fallback is told without one: give the "
	              "address a default, or name another sink\n");
	assert_fault("teams: [{name: t}, {name: quiet}]\nsinks:\n- {name: a, bell: {url: "
	             "\"http://h/team\"}}\n",
	             "3:25: bell: for the team \"quiet\": no room\n");
}

static const char *const no_times[] = {"Mon 24:00",    "Mon 9:00", "Mon 09:60",  "09.00",
                                       "Monday 09:00", "Mon",      "Mon  09:00", "x"};

#define DIGEST(what)                                                          \
	"sinks: [{name: a, drum: {beats: 1}}, {name: b, drum: {beats: 1}}]\n" \
	"routes:\n- name: r\n  to: [a, b]\n  digest: " what "\n"

static void
a_digest_has_its_time(void **state)
{
	struct conf *conf;
	struct buf report = {0};
	const struct conf_digest *digest;
	static const char text[] =
		DIGEST("{every: 7d, at: \"mon 09:05\", timezone: Europe/Berlin}");

	(void)state;
	assert_int_equal(conf_parse(&conf, "t.yaml", text, strlen(text), &test_kinds, &report), 0);
	digest = &conf_item(conf->routes, struct conf_route, 0)->digest;
	assert_int_equal(digest->every, 7 * DAY_MS);
	assert_int_equal(digest->weekdays, 1U << 1);
	assert_int_equal(digest->minute, 9 * 60 + 5);
	conf_release(conf);
	buf_fini(&report);
	assert_loads(DIGEST("{every: 1d, at: \"23:59\"}"), "");
	assert_loads(DIGEST("{every: 1d, at: \"23:59\"}") "  reminders: [1d]\n",
	             "6:14: warning: reminders has no effect with a digest, which tells each time "
	             "what is open\n");
	assert_loads(DIGEST("{every: 1d, at: \"23:59\"}") "  repeat: 1d\n",
	             "6:11: warning: repeat has no effect with a digest, which tells each time "
	             "what is open\n");
	assert_loads(DIGEST("{every: 1d, at: \"23:59\"}") "  repeat: 1d\n  reminders: [1d]\n",
	             "6:11: warning: repeat has no effect with a digest, which tells each time "
	             "what is open\n"
	             "7:14: warning: reminders has no effect with a digest, which tells each time "
	             "what is open\n");
	assert_fault(DIGEST("{}"), "5:11: every is missing in digest\n"
	                           "5:11: at is missing in digest\n");
	assert_fault(DIGEST("{every: 2d, at: \"09:00\"}"), "5:19: every needs 1d or 7d\n");
	assert_fault(DIGEST("{every: 7d, at: \"09:00\"}"),
	             "5:27: at needs a day where every is 7d: \"Mon 09:00\"\n");
	assert_fault(DIGEST("{every: 1d, at: \"Sun 09:00\"}"),
	             "5:27: at takes a day only where every is 7d\n");
	for (size_t i = 0; i < COUNT(no_times); i++) {
		char *faulty = mem_fmt(DIGEST("{every: 7d, at: \"%s\"}"), no_times[i]);

		assert_fault(faulty, "5:27: at needs a time of day, in quotes, and may begin with "
		                     "a day: \"Mon 09:00\"\n");
		free(faulty);
	}
	assert_fault(DIGEST("{every: 1d, at: \"09:00\", timezone: Europe/Berlim}"),
	             "5:46: timezone is not known here\n");
}

static void
what_comes_again_does_not_come_every_second(void **state)
{
	(void)state;
	assert_faults(
		"sources:\n- {name: a, expect_every: 30, letter: {seal_file: one}}\n"
		"- {name: b, expect_every: 59s, letter: {seal_file: one}}\n"
		"sinks: [{name: s, drum: {beats: 1}}]\nroutes: [{name: r, to: [s], repeat: 10s}]\n",
		"2:27: expect_every needs a duration such as 10s, 5m, 24h or 30d, not \"30\"\n"
		"3:27: expect_every needs 60s or more, or 0 for never\n"
		"5:37: repeat needs 60s or more, or 0 for never\n");
	assert_loads("sources:\n- {name: a, expect_every: 0, letter: {seal_file: one}}\n"
	             "- {name: b, expect_every: 1m, letter: {seal_file: one}}\n"
	             "sinks: [{name: s, drum: {beats: 1}}, {name: t, drum: {beats: 2}}]\n"
	             "routes: [{name: r, to: [s, t], repeat: 60s}]\n",
	             "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(admin_beyond_loopback_needs_tls_and_a_token),
		cmocka_unit_test(a_certificate_and_its_key_come_together_and_can_be_read),
		cmocka_unit_test(what_tls_cannot_be_spoken_with_is_a_fault),
		cmocka_unit_test(the_listeners_have_an_address_each),
		cmocka_unit_test(zero_limits_are_refused),
		cmocka_unit_test(no_limit_is_cut_to_another),
		cmocka_unit_test(admin_names_are_hosts),
		cmocka_unit_test(this_version_stores_in_sqlite),
		cmocka_unit_test(a_store_s_folder_that_is_not_there_is_warned_of),
		cmocka_unit_test(names_are_told_once_and_fit_a_url_path),
		cmocka_unit_test(a_route_names_what_there_is),
		cmocka_unit_test(broken_patterns_are_told),
		cmocka_unit_test(a_rule_whose_sides_share_no_name_is_warned_about),
		cmocka_unit_test(links_are_checked_and_lose_their_slashes),
		cmocka_unit_test(projects_and_tags_need_an_api_to_learn_them_from),
		cmocka_unit_test(what_hardly_works_as_meant_is_warned_about),
		cmocka_unit_test(an_address_that_needs_a_team_is_used_where_one_is),
		cmocka_unit_test(a_digest_has_its_time),
		cmocka_unit_test(what_comes_again_does_not_come_every_second),
	};

	return cmocka_run_group_tests(tests, folder_make, folder_remove);
}

/* A config as a whole: defaults, values, life, reloads, description. */
#include "common.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "relay/base/clock.h"
#include "relay/base/mem.h"

static const char whole[] =
	"listen: {ingest: '[::1]:0', admin: 'unix:a.sock', admin_names: [x.example.com], "
	"admin_token_file: one}\n"
	"limits: {body: 2M, headers: 8k, request: 3s, idle: 5m, connections: 7, queue: 9}\n"
	"store: {url: sqlite:d.db, retention: 1d}\n"
	"sources:\n- {name: s, letter: {seal_file: two}}\n- {name: t, letter: {seal_file: one, "
	"hosts: [c]}}\n"
	"correlate: [{bucket: '{a}-i', workspace: '{a}-*', organization: o*, project: p, channel: "
	"prod}]\n"
	"teams: [{name: pay, workspaces: [w*], buckets: [b, c]}]\n"
	"sinks: [{name: b, bell: {url: http://h/, loud: true, rope_file: one}}, {name: d, drum: "
	"{beats: 3}}]\n"
	"routes:\n- name: r\n  match: {kinds: [image.*], severities: [info, critical], teams: "
	"[p*], channels: [prod]}\n"
	"  to: [d, b]\n  per: team\n  teams: [pay]\n  unowned: drop\n  wait: 0\n  repeat: 24h\n"
	"  reminders: [30d, 4h]\n  stop: true\n"
	"- {name: all, to: [b]}\n";

static void
every_value_arrives(void **state)
{
	struct loaded l = load(whole);
	const struct conf *conf = l.conf;
	char *expected;

	(void)state;
	assert_string_equal(buf_text(&l.report), "");
	assert_non_null(conf);
	assert_string_equal(conf->listen.ingest, "[::1]:0");
	expected = mem_fmt("unix:%s/a.sock", folder());
	assert_string_equal(conf->listen.admin, expected);
	free(expected);
	assert_string_equal(conf->listen.admin_names.items[0], "x.example.com");
	assert_string_equal(conf->listen.admin_token.values[0], "first");
	assert_int_equal(conf->limits.body, 2 << 20);
	assert_int_equal(conf->limits.headers, 8192);
	assert_int_equal(conf->limits.request, 3 * SECOND_MS);
	assert_int_equal(conf->limits.idle, 5 * MINUTE_MS);
	assert_int_equal(conf->limits.connections, 7);
	assert_int_equal(conf->limits.queue, 9);
	expected = mem_fmt("sqlite:%s/d.db", folder());
	assert_string_equal(conf->store.url, expected);
	free(expected);
	assert_int_equal(conf->store.retention, DAY_MS);
	assert_string_equal(conf_item(conf->correlate, struct conf_rule, 0)->channel, "prod");
	assert_string_equal(conf_item(conf->teams, struct conf_team, 0)->buckets.items[1], "c");
	loaded_fini(&l);
}

static void
kinds_fill_their_own_structs(void **state)
{
	struct loaded l = load(whole);
	const struct conf_source *source = conf_source_named(l.conf, "s");
	const struct letter_options *letter = source->options;
	const struct bell_options *bell = conf_sink_named(l.conf, "b")->options;

	(void)state;
	assert_ptr_equal(source->kind, test_kinds.sources[0]);
	assert_int_equal(letter->seal.count, 2);
	assert_string_equal(letter->seal.values[1], "second");
	assert_int_equal(letter->hosts.count, 2);
	assert_string_equal(letter->hosts.items[1], "b.example.com");
	letter = conf_source_named(l.conf, "t")->options;
	assert_int_equal(letter->hosts.count, 1);
	assert_true(bell->loud);
	assert_string_equal(bell->rope.values[0], "first");
	assert_int_equal(((struct drum_options *)conf_sink_named(l.conf, "d")->options)->beats, 3);
	assert_null(conf_sink_named(l.conf, "none"));
	assert_null(conf_source_named(l.conf, "none"));
	loaded_fini(&l);
}

static void
routes_have_their_values_and_defaults(void **state)
{
	struct loaded l = load(whole);
	const struct conf_route *r = conf_item(l.conf->routes, struct conf_route, 0);

	(void)state;
	assert_string_equal(r->to.items[0], "d");
	assert_int_equal(r->per, PER_TEAM);
	assert_int_equal(r->wait, 0);
	assert_int_equal(r->repeat, DAY_MS);
	assert_int_equal(r->reminders.count, 2);
	assert_int_equal(r->reminders.items[1], 4 * HOUR_MS);
	assert_true(r->stop);
	assert_string_equal(r->match.severities.items[1], "critical");
	r = conf_item(l.conf->routes, struct conf_route, 1);
	assert_int_equal(r->per, PER_INCIDENT);
	assert_int_equal(r->wait, 10 * SECOND_MS);
	assert_int_equal(r->repeat, 0);
	assert_int_equal(r->reminders.count, 0);
	assert_int_equal(r->match.kinds.count, 0);
	assert_null(r->unowned);
	assert_false(r->stop);
	loaded_fini(&l);
}

static void
everything_has_a_default(void **state)
{
	struct loaded l = load("{}");
	char *url = mem_fmt("sqlite:%s/driftbell.db", folder());

	(void)state;
	assert_non_null(l.conf);
	assert_string_equal(l.conf->listen.ingest, "127.0.0.1:8080");
	assert_string_equal(l.conf->listen.admin, "127.0.0.1:8081");
	assert_null(l.conf->listen.tls.key_file);
	assert_int_equal(l.conf->listen.admin_token.count, 0);
	assert_int_equal(l.conf->limits.body, 1 << 20);
	assert_int_equal(l.conf->limits.queue, 1000000);
	assert_string_equal(l.conf->store.url, url);
	assert_int_equal(l.conf->store.retention, 90 * DAY_MS);
	assert_null(l.conf->links.base_url);
	free(url);
	loaded_fini(&l);
}

static void
a_file_is_loaded_and_its_folder_is_where_paths_start(void **state)
{
	const char *path = folder_file("real.yaml", "listen: {admin_token_file: one}\n", 0644);
	struct conf *conf;
	struct buf report = {0};

	(void)state;
	assert_int_equal(conf_load_beside(&conf, path, &test_kinds, &report), 0);
	assert_string_equal(conf->path, path);
	assert_string_equal(conf->listen.admin_token.values[0], "first");
	conf_release(conf);
	buf_reset(&report);
	assert_int_equal(conf_load_beside(&conf, "/nonexistent/x\n.yaml", &test_kinds, &report),
	                 -1);
	assert_null(conf);
	assert_string_equal(buf_text(&report), "/nonexistent/x\\x0A.yaml:1:1: the file cannot be "
	                                       "read: No such file or directory\n");
	buf_fini(&report);
}

static void
the_last_one_who_releases_frees(void **state)
{
	struct loaded l = load(whole);

	(void)state;
	assert_ptr_equal(conf_hold(l.conf), l.conf);
	conf_release(l.conf);
	assert_string_equal(conf_item(l.conf->routes, struct conf_route, 1)->name, "all");
	loaded_fini(&l);
	conf_release(NULL);
}

static void
a_reload_knows_what_waits_for_a_restart(void **state)
{
	folder_certificate("tls");
	struct loaded running = load("listen: {admin_token_file: one}\n");
	struct loaded same =
		load("listen: {admin_token_file: one}\nlimits: {body: 9}\nteams: [{name: t}]\n");
	struct loaded other = load("listen: {admin_token_file: two, ingest: h:1, admin_names: [a], "
	                           "tls: {key_file: tls.key, "
	                           "certificate_file: tls.pem}}\nstore: {retention: 1d}\n");
	char *names;

	(void)state;
	names = conf_restart_changes(running.conf, same.conf);
	assert_string_equal(names, "");
	free(names);
	names = conf_restart_changes(running.conf, other.conf);
	assert_string_equal(names,
	                    "listen.ingest, listen.tls.certificate_file, listen.tls.key_file, "
	                    "listen.admin_token, listen.admin_names, store.retention");
	free(names);
	loaded_fini(&running);
	loaded_fini(&same);
	loaded_fini(&other);
}

static void
every_key_is_described(void **state)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	(void)state;
	conf_describe(&test_kinds, out);
	assert_int_equal(fclose(out), 0);
	assert_non_null(
		strstr(text, ".It Cm listen.admin_tls.key_file\npath; not changed by a reload.\n"));
	assert_non_null(strstr(text, ".It Cm sources[].letter.seal_env\n"));
	assert_non_null(
		strstr(text, ".It Cm sinks[].bell.loud\ntrue or false; default false.\nLoud.\n"));
	assert_non_null(strstr(
		text,
		".It Cm routes[].match.severities\nlist of texts: info, warning, critical.\n"));
	assert_null(strstr(text, "(null)"));
	free(text);
}

static void
a_command_beside_the_relay_does_without_what_it_cannot_read(void **state)
{
	static const char text[] =
		"listen:\n  admin_token_env: DRIFTBELL_TEST_NOT_SET\n"
		"  tls: {certificate_file: nowhere.pem, key_file: nowhere.pem}\n"
		"sinks: [{name: b, bell: {url: 'https://b.example.com', rope_file: nowhere, loud: true}}]\n";
	struct loaded l = load(text);
	const struct secret *token;

	(void)state;
	assert_null(l.conf);
	loaded_fini(&l);
	l = (struct loaded){0};
	if (conf_load_beside(&l.conf, folder_file("b.yaml", text, 0600), &test_kinds, &l.report) !=
	    0)
		fail_msg("%s", buf_text(&l.report));
	token = &l.conf->listen.admin_token;
	assert_int_equal(token->count, 0);
	assert_string_equal(
		token->origin,
		"admin_token_env: environment variable DRIFTBELL_TEST_NOT_SET: it is not set");
	conf_release(l.conf);
	/* What is wrong with the config itself is a fault for everybody. */
	assert_int_equal(
		conf_load_beside(&l.conf,
	                         folder_file("b.yaml", "listen: {tls: {key_file: one}}\n", 0600),
	                         &test_kinds, &l.report),
		-1);
	loaded_fini(&l);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_value_arrives),
		cmocka_unit_test(kinds_fill_their_own_structs),
		cmocka_unit_test(routes_have_their_values_and_defaults),
		cmocka_unit_test(everything_has_a_default),
		cmocka_unit_test(a_file_is_loaded_and_its_folder_is_where_paths_start),
		cmocka_unit_test(a_command_beside_the_relay_does_without_what_it_cannot_read),
		cmocka_unit_test(the_last_one_who_releases_frees),
		cmocka_unit_test(a_reload_knows_what_waits_for_a_restart),
		cmocka_unit_test(every_key_is_described),
	};

	return cmocka_run_group_tests(tests, folder_make, folder_remove);
}

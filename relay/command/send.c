/*
 * send.c - `driftbell send SOURCE FILE...`: what HCP would send, signed as
 * HCP would.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "relay/base/log.h"
#include "relay/base/mem.h"
#include "relay/command/client.h"
#include "relay/command/input.h"
#include "relay/source/source.h"

struct sending {
	const struct source_kind *kind;
	struct verifier *verifier;
	struct client_target target;
	char *path; /* "/hooks/NAME", or "" when --to names it already */
};

static int
post(struct sending *sending, const struct buf *body, struct buf *answer, struct err *err)
{
	char signature[129], *header;
	int status;

	verifier_sign(sending->verifier, buf_text(body), body->len, signature);
	header = mem_fmt("%s: %s", sending->kind->header, signature);
	status = client_send(
		&sending->target,
		&(struct client_request){
			.method = "POST",
			.path = sending->path,
			.headers = (const char *const[]){"Content-Type: application/json", header,
	                                                 NULL},
			.body = buf_text(body),
			.body_len = body->len,
		},
		answer, err);
	free(header);
	return status;
}

/* One line for each file; false when it was not taken. */
static bool
send_file(struct sending *sending, const char *path)
{
	struct buf body = {0}, answer = {0};
	struct err err = {""};
	int status = input_read(path, &body, &err);

	if (status == 0)
		status = post(sending, &body, &answer, &err);
	if (status < 0) {
		char *clean = log_escape(path);

		fprintf(stderr, "driftbell: %s: %s\n", clean, err.text);
		free(clean);
	} else {
		client_print(path, 0);
		printf(": %d ", status);
		client_print(buf_text(&answer), 0);
		putchar('\n');
		fflush(stdout);
	}
	buf_fini(&body);
	buf_fini(&answer);
	return status >= 200 && status < 300;
}

/* The URL may be the relay's or the whole one of this source. */
static char *
path_behind(const char *base, const char *source)
{
	char *path = mem_fmt("/hooks/%s", source);
	size_t len = strlen(base), tail = strlen(path);

	if (len > tail && strcmp(base + len - tail, path) == 0)
		path[0] = '\0';
	return path;
}

static int
send_all(const struct conf *conf, const char *name, const char *to, char **files, int count)
{
	const struct conf_source *source = conf_source_named(conf, name);
	struct sending sending = {.kind = source ? source_kind_named(source->kind->name) : NULL};
	const struct secret *keys;
	struct err err = {""};
	int rc = 0;

	if (!sending.kind) {
		input_no_such(&err, "source", name, &conf->sources, sizeof(*source));
		input_complain(NULL, err.text);
		return 1;
	}
	keys = &((const struct source_options *)source->options)->hmac_key;
	if (keys->count == 0) {
		input_complain(name, keys->origin);
		return 1;
	}
	if (client_target_init(&sending.target, to ? to : conf->listen.ingest, &conf->listen.tls,
	                       &err) < 0) {
		fprintf(stderr, "driftbell: %s%s\n", err.text, to ? "" : " (--to URL)");
		return 1;
	}
	sending.path = path_behind(sending.target.base, name);
	sending.verifier = verifier_new(sending.kind, keys);
	for (int i = 0; i < count; i++)
		if (!send_file(&sending, files[i]))
			rc = 1;
	verifier_free(sending.verifier);
	free(sending.path);
	client_target_fini(&sending.target);
	return rc;
}

static int
run_send(const struct command_context *context, int argc, char **argv)
{
	static const struct option options[] = {{"to", required_argument, NULL, 't'},
	                                        {NULL, 0, NULL, 0}};
	const char *to = NULL;
	struct conf *conf;
	int option, rc;

	optind = 0; /* start over: main has looked at its own options */
	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option != 't')
			return 2;
		to = optarg;
	}
	if (argc - optind < 2)
		return 2;
	conf = client_conf(context);
	if (!conf)
		return 1;
	rc = send_all(conf, argv[optind], to, argv + optind + 1, argc - optind - 1);
	conf_release(conf);
	return rc;
}

const struct command command_send = {
	.name = "send",
	.arguments = "[--to URL] SOURCE FILE...",
	.summary = "sign payload files as HCP would and post them to the running relay",
	.run = run_send,
};

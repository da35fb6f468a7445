/*
 * conf.h - the configuration as the relay uses it: immutable, ref-counted.
 *
 * Loaded whole or not at all; all faults come together, each with file, line
 * and column.  Any thread may hold a reference and read; nobody writes.
 * Contract section 3; every key is described in driftbell.yaml(5).
 */
#ifndef RELAY_CONFIG_CONF_H
#define RELAY_CONFIG_CONF_H

#include <stdio.h>

#include "relay/base/buf.h"
#include "relay/base/err.h"
#include "relay/config/key.h"

struct conf_tls {
	char *certificate_file;
	char *key_file;
};

struct conf_listen {
	char *ingest;                   /* default 127.0.0.1:8080 */
	char *admin;                    /* default 127.0.0.1:8081 */
	struct conf_tls tls, admin_tls; /* NULL members where not given */
	struct secret admin_token;      /* count 0 where not given */
	struct key_texts admin_names;
};

struct conf_limits {         /* under `limits:` */
	int64_t body;        /* 1M: largest webhook body */
	int64_t headers;     /* 32k */
	int64_t request;     /* 10s: a whole request must be there within this, ms */
	int64_t idle;        /* 60s: keep-alive, ms */
	int64_t connections; /* 1024, on the ingest listener */
	int64_t queue;       /* 1000000: accepted and not yet planned events; more is 503 */
};

struct conf_store {
	char *url;         /* sqlite:PATH, default sqlite:driftbell.db; PATH made absolute */
	int64_t retention; /* ms, default 90d */
};

struct conf_runbook {
	char *kind; /* a glob over incident kinds */
	char *url;
};

struct conf_links {
	char *base_url;           /* without trailing slash; NULL when not given */
	struct key_list runbooks; /* struct conf_runbook */
};

struct conf_templates {
	char *folder; /* of the operator's own templates; NULL when not given */
};

struct conf_source {
	char *name; /* [A-Za-z0-9][A-Za-z0-9._-]*: part of /hooks/NAME */
	const struct key_kind *kind;
	void *options;        /* the kind's own struct */
	int64_t expect_every; /* ms; 0 = it may be silent for ever */
};

struct conf_rule {                /* correlate: */
	char *bucket, *workspace; /* patterns with {name} */
	char *organization;       /* glob over HCP Terraform organization names; default "*" */
	char *project;            /* glob over HCP project ids; default "*" */
	char *channel;            /* NULL = any */
};

struct conf_team {
	char *name;
	struct key_texts workspaces, projects, tags; /* globs: any of them makes it its own */
	struct key_texts buckets;                    /* globs */
};

struct conf_sink {
	char *name;
	const struct key_kind *kind;
	void *options;
};

/* Which channel the images of these workspaces are to come from. */
struct conf_policy {
	char *workspace;          /* a glob */
	char *organization;       /* glob over HCP Terraform organization names; default "*" */
	char *bucket;             /* glob; default "*" */
	struct key_texts channel; /* names: any of them will do */
};

/* What is not looked for in buckets; what is not given is "*", and all must match. */
struct conf_ignored {
	char *workspace, *image, *type, *address; /* globs */
};

struct conf_untracked {
	struct key_texts providers; /* whose images a bucket is to know; none: of nobody */
	struct key_list ignore;     /* struct conf_ignored */
};

/* Where resources of a type have the id of their image. */
struct conf_image_attribute {
	char *type;      /* "aws_instance" */
	char *attribute; /* "ami"; names with dots go down, into each item of a list: "disk[].image" */
	char *provider; /* "aws" */
};
/* Those whose resource types the reader of plans knows by itself; ended by NULL. */
extern const char *const conf_provider_words[];

enum conf_per { PER_INCIDENT, PER_TEAM };

struct conf_match { /* empty lists match everything */
	struct key_texts kinds, severities, teams, buckets, workspaces, organizations, channels;
};

/* Of a route: it tells nothing at once, but all of it at these times. */
struct conf_digest {
	int64_t every; /* ms: a day, a week; 0 = it tells at once */
	char *at;      /* "09:00", "Mon 09:00" */
	char *timezone;
	unsigned weekdays; /* of `at`, as tz_next() has them */
	int minute;        /* of the day */
};

struct conf_route {
	char *name;
	struct conf_match match;
	struct key_texts to; /* names of sinks, each one exists */
	int per;             /* enum conf_per, default incident */
	struct key_texts teams;
	char *unowned;                /* a sink's name, "drop", or NULL = this route's sinks */
	int64_t wait;                 /* ms, default 10s */
	int64_t repeat;               /* ms, default 0 */
	struct key_numbers reminders; /* ms */
	struct conf_digest digest;
	bool stop;
};

/* When something recurs, by the clocks of a zone. */
struct conf_weekly {
	struct key_texts days; /* of conf_weekday_words; empty where it was not given */
	char *from, *to;       /* "22:00"; to may be "24:00" */
	char *timezone;        /* default UTC */
};
extern const char *const conf_weekday_words[]; /* Sun, Mon, ...; ended by NULL */

struct conf_silence {
	char *name;
	struct conf_match match;
	struct conf_weekly weekly;
	char *comment;
};

struct conf {
	int references; /* atomic; conf_hold() and conf_release() only */
	char *path;
	struct conf_listen listen;
	struct conf_limits limits;
	struct conf_store store;
	struct conf_links links;
	struct conf_templates templates;
	int64_t baseline; /* ms, default 0: what a new store collects before it tells of it */
	struct key_list sources, correlate, teams, sinks, routes, silences, policy,
		image_attributes; /* of the structs above */
	struct conf_untracked untracked_images;
	char *fallback; /* the sink that hears of others' failure; NULL = any other */
};

/* conf_item(conf->routes, struct conf_route, i) */
#define conf_item(list, type, i) (&((type *)(list).items)[i])

/* What the rooms below bring: their kinds, each list ended by NULL. */
struct conf_kinds {
	const struct key_kind *const *sources;
	const struct key_kind *const *sinks;
	const char *const
		*incident_kinds; /* for match.kinds: a glob that matches none is a fault */
};

/*
 * Parse a config; `path` names it in messages and gives the folder.  On success
 * 0 and a config with one reference.  Otherwise -1, *out is NULL.  `report`
 * gets every fault and warning, one a line: "FILE:LINE:COL: message"
 * (warnings: "FILE:LINE:COL: warning: message"), in the order of the file.
 * Never a secret.
 */
int conf_parse(struct conf **out, const char *path, const char *text, size_t len,
               const struct conf_kinds *, struct buf *report) MUST_CHECK;
/*
 * Load `path` for a command beside the relay, which uses few of its files and
 * may not be allowed the others: a secret that cannot be had is empty and tells
 * why in its origin, and that is no fault; nor is a listener's certificate or key.
 */
int conf_load_beside(struct conf **out, const char *path, const struct conf_kinds *,
                     struct buf *report) MUST_CHECK;

/* The text for conf_parse(), which may hold a secret by mistake: conf_text_fini() wipes it. */
int conf_read(const char *path, struct buf *text, struct buf *report) MUST_CHECK;
void conf_text_fini(struct buf *text);

struct conf *conf_hold(struct conf *);
void conf_release(struct conf *); /* NULL is fine */

const struct conf_source *conf_source_named(const struct conf *, const char *);
const struct conf_sink *conf_sink_named(const struct conf *, const char *);

/* The folder that relative paths of the config at `path` start from, absolute.  Caller frees. */
char *conf_folder(const char *path);

/* Names of what a reload cannot change and differs from the config that the
 * process was started with ("listen.ingest, store.url"); "" when nothing does.
 * Caller frees. */
char *conf_restart_changes(const struct conf *started, const struct conf *loaded);

/* The key table as mdoc list items, for the test that the manual names every key. */
void conf_describe(const struct conf_kinds *, FILE *);

#endif

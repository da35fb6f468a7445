/*
 * silence.h - windows and silences as people write them: in the config, and
 * in what they post to the API.
 */
#ifndef RELAY_CONFIG_SILENCE_H
#define RELAY_CONFIG_SILENCE_H

#include <jansson.h>

#include "relay/base/tz.h"
#include "relay/config/conf.h"
#include "relay/config/faults.h"
#include "relay/config/yaml.h"

/* One of the API.  Owned; zeroed is fine for the first and the last of these. */
struct silence_form {
	struct conf_match match;
	struct conf_weekly weekly; /* without days where it was not given */
	int64_t starts_at;         /* 0: from now on */
	int64_t until;             /* 0: for ever, which only a weekly one may be */
	char *by, *comment;        /* comment may be NULL */
};
void silence_form_fini(struct silence_form *);

/*
 * Reads what was posted, with the same rows that read a config.  -1: it is no
 * silence, and err names the member and what is wrong with it.
 */
#define SILENCE_FORM_MAX 8192 /* bytes */
int silence_form_read(const char *json, size_t len, const struct conf_kinds *, int64_t now_ms,
                      struct silence_form *out, struct err *) MUST_CHECK;

/* The week of a window that was found in order; its zone is borrowed. */
struct tz_week weekly_week(const struct conf_weekly *);

/* For the store and for lists: only what is given, and back.  New references;
 * what reads them takes what these wrote, and passes over anything else. */
json_t *match_json(const struct conf_match *);
json_t *weekly_json(const struct conf_weekly *); /* JSON null where none is given */
void match_from_json(const json_t *, struct conf_match *out);
void weekly_from_json(const json_t *, struct conf_weekly *out);
void match_fini(struct conf_match *);
void weekly_fini(struct conf_weekly *);

/* What no single row of a window can tell; `at` is its map. */
void weekly_check(struct faults *, const struct node *at, const struct conf_weekly *);

#endif

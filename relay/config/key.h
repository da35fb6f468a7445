/*
 * key.h - one row for each key of the configuration.
 *
 * The same rows parse, default, check, suggest and document a key.  A row
 * says where in its struct the value goes (`offset`), so the rooms below
 * bring their own structs and rows (a sink kind, a source kind) and the
 * loader knows none of them.
 */
#ifndef RELAY_CONFIG_KEY_H
#define RELAY_CONFIG_KEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum key_type {
	KEY_TEXT,      /* char *            a scalar that is not empty */
	KEY_PATH,      /* char *            made absolute from the config's folder */
	KEY_URL,       /* char *            http or https */
	KEY_ADDRESS,   /* char *            HOST:PORT, [V6]:PORT or unix:PATH */
	KEY_BOOL,      /* bool              true or false */
	KEY_COUNT,     /* int64_t           0 and up */
	KEY_SIZE,      /* int64_t           bytes: 512, 64k, 1M */
	KEY_DURATION,  /* int64_t           milliseconds: 10s, 5m, 24h, 30d */
	KEY_CHOICE,    /* int               index into `choices` */
	KEY_TEXTS,     /* struct key_texts  a list of texts */
	KEY_GLOBS,     /* struct key_texts  a list of patterns */
	KEY_DURATIONS, /* struct key_numbers a list of durations */
	KEY_SECRET,    /* struct secret     "NAME_file" or "NAME_env" in the file; `name` is NAME */
	KEY_MAP,       /* a struct in place `keys` says what is in it */
	KEY_LIST,      /* struct key_list   a list of maps, `size` bytes each */
	KEY_KIND /* struct key_choice  exactly one kind's map ("slack: {...}"); conf.c's own */
};

enum key_flag {
	KEY_REQUIRED = 1,
	KEY_RESTART = 2, /* a reload does not change it */
	KEY_PLURAL = 4,  /* a secret file that may hold several, one a line */
	KEY_ONE = 8      /* a list: one item may stand without the brackets */
};

struct key_texts {
	char **items;
	size_t count;
};

struct key_numbers {
	int64_t *items;
	size_t count;
};

struct key_list {
	void *items; /* count structs of the row's size, one behind the other */
	size_t count;
};

/* The values of one secret: the first signs, all verify.  Wiped when freed. */
struct secret {
	char **values;
	size_t count;
	char *origin; /* "file PATH" or "environment variable NAME": for messages.  When
	               * it could not be had (conf_load_beside()), why, behind its key */
};

struct key {
	const char *name;
	enum key_type type;
	size_t offset;
	const char *fallback; /* as it would stand in the file, unquoted; NULL = absent */
	unsigned flags;
	const struct key *keys; /* MAP, LIST: ended by a row with a NULL name */
	size_t size;            /* LIST: of one item; MAP: of the struct; KIND: see walk.h */
	int64_t least;          /* DURATION: ms; less, but for 0, is a fault */
	const char *most;       /* COUNT, SIZE: as it would stand in the file; more is a fault */
	const char *const *choices; /* CHOICE, and TEXTS that are one of few: ended by NULL */
	const char *help;           /* one sentence for driftbell.yaml(5) */
};

struct section; /* section.h */

/* A kind of sink or source: the map under its name ("slack: {...}"). */
struct key_kind {
	const char *name;
	const struct key *keys;
	size_t size;       /* of the struct the rows fill */
	bool brings_plans; /* of a source kind: its webhooks tell of plans to be read */
	/* Tells every fault that no row can tell.  Also asked of options that have
	 * faults already, for what else is wrong with them.  May be NULL. */
	void (*check)(const void *options, const struct section *);
	/* The same of the address they give this team, NULL being nobody's: where it is
	 * none although there is one.  NULL where a team's name cannot make it so. */
	void (*check_team)(const void *options, const char *team, const struct section *);
	/* Why they give nobody's none, as the beginning of a sentence; NULL: they give one.
	 * NULL for a kind whose addresses never name the team. */
	const char *(*needs_team)(const void *options);
};

/* What a KEY_KIND row fills. */
struct key_choice {
	const struct key_kind *kind;
	void *options; /* kind->size bytes */
};

#endif

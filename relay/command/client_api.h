/*
 * client_api.h - asking the API of the running relay, on behalf of a command:
 * one document, or a list over all its pages.
 */
#ifndef RELAY_COMMAND_CLIENT_API_H
#define RELAY_COMMAND_CLIENT_API_H

#include <jansson.h>

#include "relay/command/client.h"

struct client_api {
	struct client_target target;
	char *bearer; /* a header; NULL where no token is set */
};

/* where: as in client.h; NULL is listen.admin.  The token is the config's. */
int client_api_init(struct client_api *, const struct conf *, const char *where,
                    struct err *) MUST_CHECK;
void client_api_fini(struct client_api *);

/* *out is a new reference.  Any answer but 200 is an error, in the relay's own words. */
int client_api_get(const struct client_api *, const char *path, json_t **out,
                   struct err *) MUST_CHECK;

struct client_query {
	const char *name, *value; /* value NULL: not asked */
};

/* The items of one page: it may have none. */
typedef void client_page_fn(void *arg, const json_t *items);

struct client_list {
	const char *path;
	const struct client_query *queries; /* ended by a NULL name */
	int page;                           /* items of one: an answer has its limit, too */
};

/* All pages of it, also of those that a filter has left empty. */
int client_api_pages(const struct client_api *, const struct client_list *, client_page_fn *,
                     void *arg, struct err *) MUST_CHECK;

/* What a command that asks the API has in common. */
struct client_want {
	const char *where; /* --admin */
	bool as_json;      /* --json */
};

struct client_filter {      /* an option of a list that takes a value */
	const char *name;   /* without the dashes */
	const char **value; /* where it goes */
};
#define CLIENT_FILTERS_MAX 4
/* Reads the options of such a command: --admin, --json and its filters, ended by a
 * NULL name (NULL: it has none).  0, or 2: wrong usage, which getopt has told. */
int client_options(int argc, char **argv, struct client_want *, const struct client_filter *);

/* Runs `ask` against the relay of the command line; the exit code. */
typedef int client_ask_fn(const struct client_api *, void *arg, struct err *);
int client_ask(const struct command_context *, const struct client_want *, client_ask_fn *,
               void *arg);

/* JSON to stdout: no byte of a terminal's language can be in it, as all but ASCII
 * is escaped. */
void client_print_json(const json_t *);
/* A list over all its pages as one document, {"items": [...], "next": null}. */
int client_print_list(const struct client_api *, const struct client_list *,
                      struct err *) MUST_CHECK;

#endif

/*
 * terraform_client.h - asks the HCP Terraform API, at its pace.
 *
 * One client for each URL and token, whichever sources use it: the limit is the
 * token's user's.  A request that was refused for its rate goes again when it
 * may; one that failed goes again a few times.  While the token is not accepted
 * nothing is asked but once an hour, and every request is answered so at once.
 * The token goes to the host of the URL and nowhere else: redirects are not
 * followed, and links in answers are not either.
 *
 * Loop thread only.  done is called exactly once, never before the call returns.
 */
#ifndef RELAY_HCP_TERRAFORM_CLIENT_H
#define RELAY_HCP_TERRAFORM_CLIENT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "relay/hcp/api_pace.h"
#include "relay/runtime/httpc.h"

struct api_clients;
struct api_client;
struct api_call;

struct api_access {
	const char *url;   /* "https://app.terraform.io", with or without a slash behind */
	const char *token; /* visible ASCII */
	bool allow_private;
	const char *ca_file; /* trust only these certificates; NULL = the system's */
};

/*
 * An answer may have 8 MiB, which takes a quarter of a second to read: one that is not
 * small is read elsewhere.  That runs `run` on any thread and then calls `done` on the
 * loop; where it cannot run it, `done` alone.  NULL: everything is read on the loop.
 */
struct api_work {
	void (*run)(struct api_work *);
	void (*done)(struct api_work *);
};
typedef void api_elsewhere_fn(struct api_work *, void *arg);

struct api_clients *api_clients_new(struct httpc *, api_elsewhere_fn *, void *arg);
/* No done is called any more; NULL is fine.  Nothing is read elsewhere any more. */
void api_clients_free(struct api_clients *);
/* The client with this access, a new one if need be, which the caller lets go of when
 * it asks nothing more. */
struct api_client *api_client_for(struct api_clients *, const struct api_access *);
void api_client_release(struct api_client *); /* NULL is fine */
/* At start and after each reload: the accesses there are from now on.  Theirs stay
 * whether held or not, so that a reload does not forget that a token is no good; the
 * others go with whoever holds them last. */
void api_clients_keep(struct api_clients *, const struct api_access *, size_t count);

/* How it is with an access now. */
enum api_condition {
	API_UNASKED, /* nothing was answered yet */
	API_FINE,
	API_PAUSED, /* it is asked again after wait_ms, as the other side wants it */
	API_REFUSED /* its token is not accepted; it is tried again after wait_ms */
};
struct api_standing {
	enum api_condition condition;
	int64_t wait_ms;
};
/* Makes no client where there is none. */
struct api_standing api_standing_of(const struct api_clients *, const struct api_access *);

enum api_end {
	API_READ,      /* document is set; from api_turn(): go on */
	API_AGAIN,     /* not to be had now: ask again after again_ms */
	API_BAD_TOKEN, /* the same, and the token is not accepted */
	API_NO_RIGHTS, /* 403 or 404: not there, or not for this token */
	API_UNUSABLE   /* refused otherwise, or an answer that cannot be used */
};
struct api_answer {
	enum api_end end;
	const json_t *document; /* borrowed */
	const char *text;       /* what is wrong, for people; never the token */
	int64_t again_ms;
};
typedef void api_done_fn(const struct api_answer *, void *arg);

/* GET a path of terraform_api.h. */
struct api_call *api_get(struct api_client *, const char *path, api_done_fn *, void *arg);
/* Waits for a place: a request that somebody else makes, with the same token. */
struct api_call *api_turn(struct api_client *, api_done_fn *, void *arg);
/* And what came of that; always, with status 0 where it came to nothing. */
enum api_meaning api_turned_out(struct api_client *, const struct api_headers *);
void api_cancel(struct api_call *); /* before its done; done is not called */

#endif

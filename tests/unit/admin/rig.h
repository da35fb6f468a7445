/*
 * rig.h - the admin side as in the real relay: a listener on a free port of
 * the loopback, a store in a temporary folder, the loop on a thread of its
 * own; and a client that says exactly the bytes a test wants.
 */
#ifndef TESTS_UNIT_ADMIN_RIG_H
#define TESTS_UNIT_ADMIN_RIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <jansson.h>

#include "relay/admin/admin.h"
#include "relay/base/clock.h"
#include "relay/base/mem.h"
#include "relay/store/db.h"

struct rig;

/* Fills the store before it opens; asserts by itself. */
typedef void rig_fill_fn(struct db *);

/* listen: the members of `listen:` behind `admin:`, as YAML in braces ("" for
 * none).  Ends the test when something cannot be set up. */
struct rig *rig_start(const char *admin, const char *listen, rig_fill_fn *);
void rig_stop(struct rig *);
/* Another config from now on; the listener stays. */
void rig_reload(struct rig *, const char *admin, const char *listen);
const char *rig_address(const struct rig *);
/* The TCP port. */
const char *rig_port(const struct rig *);
/* What env.ready answers from now on: NULL is ready. */
void rig_not_ready(struct rig *, const char *why);
/* Waits until env.wake was called `times` times; false after 10 s. */
bool rig_woken(struct rig *, int times);
/* Waits until an event was planned. */
bool rig_planned(struct rig *);

struct answer {
	int status;
	char *head; /* status line and headers */
	char *body;
	json_t *json; /* of the body; NULL when it is not JSON */
};

/* head: the header lines, each ended by \r\n, without Connection. */
struct answer rig_say(struct rig *, const char *method, const char *path, const char *head,
                      const char *body);
/* The same with Host of the listener and nothing else. */
struct answer rig_get(struct rig *, const char *path);
/* Says it, and leaves the answer unread: the caller closes the socket. */
int rig_say_only(struct rig *, const char *path);
/* Host and Content-Type: application/json. */
struct answer rig_post(struct rig *, const char *path);
void answer_fini(struct answer *);

/* The value of a header, without case, in a buffer of the caller; NULL when absent. */
const char *answer_header(const struct answer *, const char *name, char out[256]);

/* json_at() that fails the test when there is nothing. */
json_t *must_have(const json_t *, const char *path);
/* Walks to a string and compares it; NULL means JSON null. */
void must_say(const json_t *, const char *path, const char *text);
void must_count(const json_t *, const char *path, long long number);

#define FILL_OK(call)                                             \
	do {                                                      \
		struct err fill_err = {""};                       \
		if ((call) < 0)                                   \
			fail_msg("%s: %s", #call, fill_err.text); \
	} while (0)

#endif

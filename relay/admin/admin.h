/*
 * admin.h - the admin listener: health, metrics and the JSON API of contract
 * section 5.
 *
 * The loop only parses and answers: a read is a job of the store's reader
 * thread, a write one of its writer thread, and the document is made and
 * printed there.  So neither a large list nor a slow browser delays an
 * acknowledgement of the ingest.
 *
 * Loop thread only.
 */
#ifndef RELAY_ADMIN_ADMIN_H
#define RELAY_ADMIN_ADMIN_H

#include <jansson.h>
#include <stdbool.h>

#include "relay/base/err.h"
#include "relay/config/conf.h"
#include "relay/runtime/loop.h"
#include "relay/store/store.h"

struct admin;

struct admin_env {
	struct loop *loop;
	struct store *store;
	/* The current config, borrowed; called at every request, so a reload
	 * counts at once.  `listen` is that of the start: a config that moves the
	 * listener to where it needs no token must not open the one there is. */
	struct conf *(*conf)(void *arg);
	/* After a retry or a replay was committed: there is something to do. */
	void (*wake)(void *arg);
	/* False with the reason while something the relay needs is not up.  The
	 * store's health is looked at before. */
	bool (*ready)(void *arg, struct err *);
	/* How it is with the APIs now, as apis_show() (flow/apis.h) has it. */
	json_t *(*apis)(void *arg);
	void *arg;
};

/* Listens on listen.admin of the config of now. The env is copied. */
int admin_new(struct admin **, const struct admin_env *, struct err *) MUST_CHECK;
/* "127.0.0.1:43567" as bound, or "unix:PATH". */
const char *admin_address(const struct admin *);
/*
 * Stops listening and drops what is not answered.  Jobs may still be with
 * the store; they are thrown away when they come home, so the order of
 * admin_free() and store_close() does not matter, but the inbox must outlive both.
 */
void admin_free(struct admin *);

#endif

/*
 * sweeper.h - lists the workspaces of each source's organization by the HCP
 * Terraform API: at start, and once a day.
 *
 *	Explorer, page by page -> list, page by page -> until all is read -> done
 *
 * Each page is one step that is written down with what it told, so a restart goes
 * on at the page where the last relay was.  Where the Explorer is refused
 * (Terraform Enterprise may have none, a token may not use it) the list alone says
 * what is to be read.  A workspace that is not listed is not gone: pages move while
 * they are read.
 *
 * Loop thread only.
 */
#ifndef RELAY_FLOW_SWEEPER_H
#define RELAY_FLOW_SWEEPER_H

#include <stdint.h>

#include "relay/runtime/loop.h"

struct api_clients;
struct conf;
struct store;
struct sweeper;

/* All outlive it.  now_ms may be NULL for clock_wall_ms.  taken: after each commit,
 * readings and more may be owed. */
struct sweeper *sweeper_new(struct loop *, struct store *, struct api_clients *,
                            int64_t (*now_ms)(void), loop_fn *taken, void *arg);
/* At start and after each reload.  Keeps a reference. */
void sweeper_configure(struct sweeper *, struct conf *);
/* Submits and asks nothing more: before store_close(). */
void sweeper_stop(struct sweeper *);
/* After the last answer of the store; NULL is fine. */
void sweeper_free(struct sweeper *);

#endif

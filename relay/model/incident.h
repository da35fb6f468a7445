/*
 * incident.h - something wrong that stays open until it is put right, and
 * what facts make of it.
 *
 * The judges are pure: facts in, the state an incident should be in out.  They
 * look at what is known now, not at what just arrived, so events end in the
 * same state whatever order they come in.
 */
#ifndef RELAY_MODEL_INCIDENT_H
#define RELAY_MODEL_INCIDENT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "relay/base/ulid.h"
#include "relay/model/image.h"
#include "relay/model/kind.h"
#include "relay/model/usage.h"
#include "relay/model/workspace.h"

struct incident {
	char id[ID_SIZE];
	char *key;
	enum incident_kind kind;
	enum phase phase;
	enum severity severity;
	bool open;
	char *title;
	int64_t revision; /* counts every change; those of notifications are their own */
	int64_t opened_at, updated_at, resolved_at;
	/* What it is about; NULL where the kind has no such subject. */
	char *bucket_key, *image_key, *channel, *workspace_key;
	/* Who took it on, why and until when.  ack_until 0 with a name: it has run out. */
	char *ack_by, *ack_comment;
	int64_t ack_until;
	/* image.revocation: the incident whose notification tells of this one too,
	 * as both have one cause; "" = its own does. */
	char lead_id[ID_SIZE];
	bool leads; /* as announce_group.h made it: it speaks for others too */
	/* What others may have in common with it, and when it was: for them to find
	 * it by.  Given when it is added, not read again; NULL = nothing. */
	char *cause;
	int64_t cause_at;
	json_t *detail; /* what the document needs beyond the catalog: "drift", "run", "replacement", ... */
};

void incident_fini(struct incident *);

/* One workspace of an incident. */
struct incident_row {
	char incident_id[ID_SIZE]; /* where the rows of several are read; else "" */
	char *workspace_key, *bucket_key;
	char *fingerprint; /* "" when which version is not known */
	char *version, *channel;
	enum row_state state;
	bool known; /* certainty */
	/* By the plan of a run that goes on, or broke off: it does not run it yet. */
	bool planned;
	enum evidence evidence;
	/* joined from the workspace: */
	char *workspace_id, *name, *organization, *url;
	char *project, *tags; /* as struct workspace has them */
	bool drifted;
	const char *
		team; /* who owns the workspace; team_of_rows() sets it, borrowed from the config */
	const char *owner; /* who owns the incident's bucket, and sees it too; the same way */
};

struct incident_rows {
	struct incident_row *items;
	size_t count;
};
void incident_rows_fini(struct incident_rows *);
/* One of this workspace, which runs nothing yet. */
struct incident_row incident_row_of(const struct workspace *);

/* Affected first, the known and the drifted among them, then by name. */
int incident_row_order(const struct incident_row *, const struct incident_row *);

/* `affected` counts the possible and the planned ones in; no row is both. */
struct incident_counts {
	int64_t affected, possible, planned, moved, gone, total;
};
void incident_count(struct incident_counts *, const struct incident_row *);

struct judgement {
	bool open;
	enum phase phase;
	enum severity severity;
};

/*
 * image.revocation: of its (root) image the status and the time it is to be
 * revoked, and when the incident was opened, 0 when none is open.  A
 * schedule whose time passed so long ago unconfirmed is due: HCP's own word
 * that it is revoked takes a moment, and who hears that need not hear both.
 * One that affected nobody for so long is cleared.
 */
#define REVOCATION_CONFIRM_MS INT64_C(60000)
#define REVOCATION_QUIET_MS (30 * INT64_C(86400000))
struct judgement judge_revocation(enum image_status, int64_t revoke_at, int64_t opened_at,
                                  const struct incident_counts *, int64_t now_ms);

/* image.deleted: `wrong` while it is deleted and no revocation tells of it. */
struct judgement judge_deleted(bool wrong, const struct incident_counts *);

/* image.superseded */
struct judgement judge_superseded(enum phase now, const struct incident_counts *);

/* workspace.* */
struct workspace_facts {
	bool wrong;        /* it is as it was told, as far as is known */
	bool runs_revoked; /* the workspace runs an image that is revoked, or due to be */
	bool stale;        /* not wrong any more only because nothing was heard of it for long */
	bool failed;       /* workspace.auto_destroy: the run could not be created */
};
struct judgement judge_workspace(enum incident_kind, const struct workspace_facts *);

#endif

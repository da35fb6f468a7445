/*
 * kind.h - the closed words of the domain: incident kinds, phases,
 * severities, statuses; contract section 6.
 */
#ifndef RELAY_MODEL_KIND_H
#define RELAY_MODEL_KIND_H

#include <stdbool.h>

enum severity { SEVERITY_INFO, SEVERITY_WARNING, SEVERITY_CRITICAL };
extern const char *const severity_names[]; /* by value, ended by NULL */

enum incident_kind {
	KIND_IMAGE_REVOCATION,
	KIND_IMAGE_SUPERSEDED,
	KIND_IMAGE_RELEASED,
	KIND_IMAGE_DELETED,
	KIND_CHANNEL_REVOKED,
	KIND_WORKSPACE_DRIFT,
	KIND_WORKSPACE_CHECK_FAILED,
	KIND_WORKSPACE_ASSESSMENT_FAILED,
	KIND_WORKSPACE_RUN_FAILED,
	KIND_WORKSPACE_RUN_WAITING,
	KIND_WORKSPACE_AUTO_DESTROY,
	KIND_WORKSPACE_CHANGE_REQUEST,
	KIND_WORKSPACE_UNTRACKED_IMAGE,
	KIND_WORKSPACE_WRONG_CHANNEL,
	KIND_RELAY_SINK_FAILING,
	KIND_RELAY_DEAD_LETTER,
	KIND_RELAY_UNKNOWN_EVENT,
	KIND_RELAY_SOURCE_SILENT,
	KIND_COUNT
};
extern const char *const incident_kind_names[]; /* "image.revocation", ...; ended by NULL */
/* All of contract section 6, also those that no event of this version opens
 * yet: a route and a template may be written for them today.  Ended by NULL. */
extern const char *const incident_kind_words[];
/* Told once, as opened with status resolved (contract section 6, "at once"). */
bool incident_kind_closes_at_once(enum incident_kind);

enum phase {
	PHASE_NONE,
	PHASE_SCHEDULED,
	PHASE_DUE,
	PHASE_REVOKED,
	PHASE_LIFTED,
	PHASE_CLEARED,
	PHASE_ROLLED_BACK,
	PHASE_STALE, /* nothing was heard of it for so long that it is closed */
	PHASE_COUNT
};
extern const char *const phase_names[]; /* phase_names[PHASE_NONE] is NULL */

enum image_status { IMAGE_ACTIVE, IMAGE_SCHEDULED, IMAGE_REVOKED, IMAGE_DELETED, IMAGE_INCOMPLETE };
extern const char *const image_status_names[];

enum evidence { EVIDENCE_RULE, EVIDENCE_PLAN, EVIDENCE_STATE }; /* rising rank */
extern const char *const evidence_names[];

enum row_state { ROW_AFFECTED, ROW_MOVED, ROW_GONE };
extern const char *const row_state_names[];

/* The index of name in a NULL-ended or sized table of names, or -1. */
int name_index(const char *const *names, int count, const char *name);

#endif

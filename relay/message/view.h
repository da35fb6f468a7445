/*
 * view.h - what a template sees: the notification document (contract 7), and
 * beside its members a few that Mustache, which cannot compare or count,
 * would otherwise lack:
 *
 *	is       a map of words that hold, each true: the status, reason, severity
 *	         and phase (is.open, is.reminder, is.critical, is.revoked ...), the
 *	         kind (is.image_revocation, is.workspace_drift: "." is "_") and its
 *	         family (is.image, is.workspace, is.relay)
 *	listed   {"workspaces": the first VIEW_LISTED affected rows, "more": how many
 *	         affected ones are not among them, or null, "findings": the first
 *	         VIEW_LISTED, "more_findings": how many others, or null; the same of
 *	         drift's "resources" and "checks"}
 *	workspaces[].is   state, certainty, evidence of the row, and drifted
 *	document the notification document alone, for {"$json": "document"}
 *	of a digest  is.digest; listed is {"incidents": the first VIEW_LISTED, "more":
 *	         ...}; incidents[].is as above, with what happened (is.resolved ...)
 *	values   a webhook's own `values:` (driftbell.yaml(5)); of mail {"list": ...}; or {}
 */
#ifndef RELAY_MESSAGE_VIEW_H
#define RELAY_MESSAGE_VIEW_H

#include <jansson.h>

#define VIEW_LISTED 20

/* A new reference; the document is borrowed and not changed.  values: NULL is {}. */
json_t *view_of(const json_t *document, const json_t *values);

#endif

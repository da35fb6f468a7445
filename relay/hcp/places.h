/*
 * places.h - where in a plan or a state the reader is, as a table of steps.
 *
 * Each key of an object and each element of an array leads from one place to
 * another; what no step leads to is passed over.  The shapes are those of
 * `terraform show -json` (format_version 1.x) and of state files of version 4.
 */
#ifndef RELAY_HCP_PLACES_H
#define RELAY_HCP_PLACES_H

#include <stddef.h>

enum place {
	P_PASS, /* nothing below is of interest */
	P_TOP,
	/* top-level scalars */
	P_FORMAT_VERSION,
	P_TERRAFORM_VERSION,
	P_VERSION,
	P_ERRORED,
	P_COMPLETE,
	/* keys that only a plan has, and no other step */
	P_PLAN_MARK,
	/* state JSON, also as a plan's prior_state */
	P_PRIOR_STATE,
	P_VALUES,
	P_MODULE,
	P_MODULES,
	P_RESOURCES,
	P_RESOURCE,
	/* resource_changes */
	P_CHANGES,
	P_CHANGE,
	P_CHANGE_BODY,
	/* resource_drift */
	P_DRIFTS,
	P_DRIFT,
	P_DRIFT_BODY,
	P_BEFORE,
	P_AFTER,
	P_HASHED, /* anything below an attribute that drifted, compared by its hash */
	/* a state file of version 4 */
	P_RAW_RESOURCES,
	P_RAW_RESOURCE,
	P_RAW_INSTANCES,
	P_RAW_INSTANCE,
	/* an instance's own */
	P_ATTRIBUTES, /* walked by the tree of attributes.h instead of steps */
	P_UNKNOWN,    /* the same for after_unknown */
	P_ACTIONS,
	P_ACTION,
	P_DEPENDS,
	P_DEPEND,
	/* configuration */
	P_CONFIGURATION,
	P_CFG_MODULE,
	P_CFG_RESOURCES,
	P_CFG_RESOURCE,
	P_EXPRESSIONS,
	P_EXPRESSION, /* of a resource's attribute */
	P_EXPRESSION_IN,
	P_REFERENCES,
	P_REFERENCE,
	P_CALLS,
	P_CALL,
	P_ARGUMENTS,
	P_ARGUMENT,
	P_ARGUMENT_REFERENCES,
	P_ARGUMENT_REFERENCE,
	P_OUTPUTS,
	P_OUTPUT,
	P_OUTPUT_EXPRESSION,
	P_OUTPUT_REFERENCES,
	P_OUTPUT_REFERENCE,
	/* checks, and check_results of a state file of version 4 */
	P_CHECKS,
	P_CHECK,
	P_CHECK_ADDRESS,
	P_CHECK_INSTANCES,
	P_CHECK_INSTANCE,
	P_PROBLEMS,
	P_PROBLEM,
	P_MESSAGES,
	P_MESSAGE,
	/* texts of an item (item.h), in the order of its fields */
	P_FIELDS,
};

struct step {
	enum place at;
	const char *key; /* NULL: an element; "*": any key without a step of its own */
	int to;          /* a place; P_FIELDS + a field of an item */
};

/* The step from a place by a key (NULL: into an element), or NULL. */
const struct step *place_step(enum place at, const char *key, size_t len);

#endif

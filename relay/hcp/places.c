#include "relay/hcp/places.h"

#include <pthread.h>
#include <string.h>

#include "relay/base/mem.h"
#include "relay/hcp/item.h"

/* Sorted by place: a place's steps stand together. */
static const struct step steps[] = {
	{P_TOP, "format_version", P_FORMAT_VERSION},
	{P_TOP, "terraform_version", P_TERRAFORM_VERSION},
	{P_TOP, "version", P_VERSION},
	{P_TOP, "errored", P_ERRORED},
	{P_TOP, "complete", P_COMPLETE},
	{P_TOP, "prior_state", P_PRIOR_STATE},
	{P_TOP, "values", P_VALUES},
	{P_TOP, "resource_changes", P_CHANGES},
	{P_TOP, "resource_drift", P_DRIFTS},
	{P_TOP, "resources", P_RAW_RESOURCES},
	{P_TOP, "configuration", P_CONFIGURATION},
	{P_TOP, "checks", P_CHECKS},
	{P_TOP, "check_results", P_CHECKS},
	{P_TOP, "planned_values", P_PLAN_MARK},
	{P_TOP, "output_changes", P_PLAN_MARK},
	{P_TOP, "applyable", P_PLAN_MARK},

	{P_PRIOR_STATE, "values", P_VALUES},
	{P_VALUES, "root_module", P_MODULE},
	{P_MODULE, "resources", P_RESOURCES},
	{P_MODULE, "child_modules", P_MODULES},
	{P_MODULES, NULL, P_MODULE},
	{P_RESOURCES, NULL, P_RESOURCE},
	{P_RESOURCE, "address", P_FIELDS + F_ADDRESS},
	{P_RESOURCE, "mode", P_FIELDS + F_MODE},
	{P_RESOURCE, "type", P_FIELDS + F_TYPE},
	{P_RESOURCE, "deposed_key", P_FIELDS + F_DEPOSED},
	{P_RESOURCE, "values", P_ATTRIBUTES},
	{P_RESOURCE, "depends_on", P_DEPENDS},

	{P_CHANGES, NULL, P_CHANGE},
	{P_CHANGE, "address", P_FIELDS + F_ADDRESS},
	{P_CHANGE, "previous_address", P_FIELDS + F_PREVIOUS},
	{P_CHANGE, "mode", P_FIELDS + F_MODE},
	{P_CHANGE, "type", P_FIELDS + F_TYPE},
	{P_CHANGE, "deposed", P_FIELDS + F_DEPOSED},
	{P_CHANGE, "action_reason", P_FIELDS + F_REASON},
	{P_CHANGE, "change", P_CHANGE_BODY},
	{P_CHANGE_BODY, "actions", P_ACTIONS},
	{P_CHANGE_BODY, "after", P_ATTRIBUTES},
	{P_CHANGE_BODY, "after_unknown", P_UNKNOWN},
	{P_ACTIONS, NULL, P_ACTION},

	{P_DRIFTS, NULL, P_DRIFT},
	{P_DRIFT, "address", P_FIELDS + F_ADDRESS},
	{P_DRIFT, "mode", P_FIELDS + F_MODE},
	{P_DRIFT, "type", P_FIELDS + F_TYPE},
	{P_DRIFT, "change", P_DRIFT_BODY},
	{P_DRIFT_BODY, "actions", P_ACTIONS},
	{P_DRIFT_BODY, "before", P_BEFORE},
	{P_DRIFT_BODY, "after", P_AFTER},
	{P_BEFORE, "*", P_HASHED},
	{P_AFTER, "*", P_HASHED},
	{P_HASHED, NULL, P_HASHED},
	{P_HASHED, "*", P_HASHED},

	{P_RAW_RESOURCES, NULL, P_RAW_RESOURCE},
	{P_RAW_RESOURCE, "module", P_FIELDS + F_MODULE},
	{P_RAW_RESOURCE, "mode", P_FIELDS + F_MODE},
	{P_RAW_RESOURCE, "type", P_FIELDS + F_TYPE},
	{P_RAW_RESOURCE, "name", P_FIELDS + F_NAME},
	{P_RAW_RESOURCE, "instances", P_RAW_INSTANCES},
	{P_RAW_INSTANCES, NULL, P_RAW_INSTANCE},
	{P_RAW_INSTANCE, "index_key", P_FIELDS + F_INDEX},
	{P_RAW_INSTANCE, "deposed", P_FIELDS + F_DEPOSED},
	{P_RAW_INSTANCE, "attributes", P_ATTRIBUTES},
	{P_RAW_INSTANCE, "dependencies", P_DEPENDS},
	{P_DEPENDS, NULL, P_DEPEND},

	{P_CONFIGURATION, "root_module", P_CFG_MODULE},
	{P_CFG_MODULE, "resources", P_CFG_RESOURCES},
	{P_CFG_MODULE, "module_calls", P_CALLS},
	{P_CFG_MODULE, "outputs", P_OUTPUTS},
	{P_CFG_RESOURCES, NULL, P_CFG_RESOURCE},
	{P_CFG_RESOURCE, "address", P_FIELDS + F_ADDRESS},
	{P_CFG_RESOURCE, "mode", P_FIELDS + F_MODE},
	{P_CFG_RESOURCE, "type", P_FIELDS + F_TYPE},
	{P_CFG_RESOURCE, "expressions", P_EXPRESSIONS},
	{P_CFG_RESOURCE, "for_each_expression", P_EXPRESSION},
	{P_CFG_RESOURCE, "depends_on", P_REFERENCES},
	{P_EXPRESSIONS, "*", P_EXPRESSION},
	{P_EXPRESSION, "references", P_REFERENCES},
	{P_EXPRESSION, "constant_value", P_PASS},
	{P_EXPRESSION, "*", P_EXPRESSION_IN},
	{P_EXPRESSION, NULL, P_EXPRESSION_IN},
	{P_EXPRESSION_IN, "references", P_REFERENCES},
	{P_EXPRESSION_IN, "constant_value", P_PASS},
	{P_EXPRESSION_IN, "*", P_EXPRESSION_IN},
	{P_EXPRESSION_IN, NULL, P_EXPRESSION_IN},
	{P_REFERENCES, NULL, P_REFERENCE},
	{P_CALLS, "*", P_CALL},
	{P_CALL, "expressions", P_ARGUMENTS},
	{P_CALL, "module", P_CFG_MODULE},
	{P_ARGUMENTS, "*", P_ARGUMENT},
	{P_ARGUMENT, "references", P_ARGUMENT_REFERENCES},
	{P_ARGUMENT_REFERENCES, NULL, P_ARGUMENT_REFERENCE},
	{P_OUTPUTS, "*", P_OUTPUT},
	{P_OUTPUT, "expression", P_OUTPUT_EXPRESSION},
	{P_OUTPUT_EXPRESSION, "references", P_OUTPUT_REFERENCES},
	{P_OUTPUT_REFERENCES, NULL, P_OUTPUT_REFERENCE},

	{P_CHECKS, NULL, P_CHECK},
	{P_CHECK, "address", P_CHECK_ADDRESS},
	{P_CHECK, "config_addr", P_FIELDS + F_ADDRESS},
	{P_CHECK, "object_kind", P_FIELDS + F_KIND},
	{P_CHECK, "status", P_FIELDS + F_STATUS},
	{P_CHECK, "instances", P_CHECK_INSTANCES},
	{P_CHECK, "objects", P_CHECK_INSTANCES},
	{P_CHECK_ADDRESS, "kind", P_FIELDS + F_KIND},
	{P_CHECK_ADDRESS, "to_display", P_FIELDS + F_ADDRESS},
	{P_CHECK_INSTANCES, NULL, P_CHECK_INSTANCE},
	{P_CHECK_INSTANCE, "problems", P_PROBLEMS},
	{P_CHECK_INSTANCE, "failure_messages", P_MESSAGES},
	{P_PROBLEMS, NULL, P_PROBLEM},
	{P_PROBLEM, "message", P_MESSAGE},
	{P_MESSAGES, NULL, P_MESSAGE},
};

/* Where each place's steps begin and end, for a look-up at each key. */
static struct range {
	unsigned short from, to;
} ranges[P_FIELDS];
static pthread_once_t ranged = PTHREAD_ONCE_INIT;

static void
make_ranges(void)
{
	for (size_t i = 0; i < COUNT(steps); i++) {
		struct range *range = &ranges[steps[i].at];

		if (range->to == 0)
			range->from = (unsigned short)i;
		range->to = (unsigned short)(i + 1);
	}
}

const struct step *
place_step(enum place at, const char *key, size_t len)
{
	(void)pthread_once(&ranged, make_ranges);

	const struct range range = at < P_FIELDS ? ranges[at] : (struct range){0, 0};
	const struct step *any = NULL;

	for (size_t i = range.from; i < range.to; i++) {
		const struct step *step = &steps[i];

		if (key == NULL || step->key == NULL) {
			if (key == NULL && step->key == NULL)
				return step;
		} else if (strcmp(step->key, "*") == 0) {
			any = step;
		} else if (strlen(step->key) == len && memcmp(step->key, key, len) == 0) {
			return step;
		}
	}
	return any;
}

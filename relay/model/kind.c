#include "relay/model/kind.h"

#include <stddef.h>
#include <string.h>

const char *const severity_names[] = {"info", "warning", "critical", NULL};

const char *const incident_kind_names[] = {
	[KIND_IMAGE_REVOCATION] = "image.revocation",
	[KIND_IMAGE_SUPERSEDED] = "image.superseded",
	[KIND_IMAGE_RELEASED] = "image.released",
	[KIND_IMAGE_DELETED] = "image.deleted",
	[KIND_CHANNEL_REVOKED] = "channel.revoked",
	[KIND_WORKSPACE_DRIFT] = "workspace.drift",
	[KIND_WORKSPACE_CHECK_FAILED] = "workspace.check_failed",
	[KIND_WORKSPACE_ASSESSMENT_FAILED] = "workspace.assessment_failed",
	[KIND_WORKSPACE_RUN_FAILED] = "workspace.run_failed",
	[KIND_WORKSPACE_RUN_WAITING] = "workspace.run_waiting",
	[KIND_WORKSPACE_AUTO_DESTROY] = "workspace.auto_destroy",
	[KIND_WORKSPACE_CHANGE_REQUEST] = "workspace.change_request",
	[KIND_WORKSPACE_UNTRACKED_IMAGE] = "workspace.untracked_image",
	[KIND_WORKSPACE_WRONG_CHANNEL] = "workspace.wrong_channel",
	[KIND_RELAY_SINK_FAILING] = "relay.sink_failing",
	[KIND_RELAY_DEAD_LETTER] = "relay.dead_letter",
	[KIND_RELAY_UNKNOWN_EVENT] = "relay.unknown_event",
	[KIND_RELAY_SOURCE_SILENT] = "relay.source_silent",
	[KIND_COUNT] = NULL,
};

const char *const incident_kind_words[] = {
	"image.revocation",
	"image.superseded",
	"image.released",
	"image.deleted",
	"image.base_outdated",
	"channel.revoked",
	"workspace.drift",
	"workspace.check_failed",
	"workspace.assessment_failed",
	"workspace.run_failed",
	"workspace.run_waiting",
	"workspace.auto_destroy",
	"workspace.change_request",
	"workspace.untracked_image",
	"workspace.wrong_channel",
	"relay.sink_failing",
	"relay.dead_letter",
	"relay.unknown_event",
	"relay.source_silent",
	NULL,
};

const char *const phase_names[] = {
	[PHASE_NONE] = NULL,
	[PHASE_SCHEDULED] = "scheduled",
	[PHASE_DUE] = "due",
	[PHASE_REVOKED] = "revoked",
	[PHASE_LIFTED] = "lifted",
	[PHASE_CLEARED] = "cleared",
	[PHASE_ROLLED_BACK] = "rolled_back",
	[PHASE_STALE] = "stale",
};

const char *const image_status_names[] = {
	[IMAGE_ACTIVE] = "active",   [IMAGE_SCHEDULED] = "scheduled",   [IMAGE_REVOKED] = "revoked",
	[IMAGE_DELETED] = "deleted", [IMAGE_INCOMPLETE] = "incomplete",
};

const char *const evidence_names[] = {"rule", "plan", "state"};
const char *const row_state_names[] = {"affected", "moved", "gone"};

bool
incident_kind_closes_at_once(enum incident_kind kind)
{
	return kind == KIND_IMAGE_RELEASED || kind == KIND_WORKSPACE_CHANGE_REQUEST;
}

int
name_index(const char *const *names, int count, const char *name)
{
	if (name == NULL)
		return -1;
	for (int i = 0; i < count; i++)
		if (names[i] != NULL && strcmp(names[i], name) == 0)
			return i;
	return -1;
}

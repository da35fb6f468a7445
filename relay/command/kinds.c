#include "relay/command/kinds.h"

#include <stddef.h>

#include "relay/source/source.h"
#include "sinks/sink.h"

/*
 * All incident kinds there will be, also those that no event of this version
 * opens yet (model/kind.h has the ones that do): a route may be written for
 * them today.
 */
static const char *const incident_kinds[] = {
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

const struct conf_kinds command_kinds = {
	.sources = source_conf_kinds,
	.sinks = sink_conf_kinds,
	.incident_kinds = incident_kinds,
};

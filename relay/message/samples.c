#include "relay/message/samples.h"

#include "relay/base/mem.h"
#include "relay/message/samples_document.h"

/* A full one and a sparse one; or a full one alone. */
#define BOTH(text) .name = text, .sparse_name = text ", sparse"
#define ONE(text) .name = text

static const struct sample samples[] = {
	{BOTH("image.revocation scheduled"), .kind = "image.revocation", .phase = "scheduled",
         .status = "open", .reason = "reminder", .severity = "warning", .image_status = "scheduled",
         .rows = ROWS_AFFECTED, .title = "Image to be revoked: base-ubuntu-2204 v3",
         .summary =
                 "jane.doe@example.com scheduled the revocation of base-ubuntu-2204 v3 for 2026-01-29T09:30:00Z: CVE-2024-3094 in xz & \"liblzma\". 1 workspace still runs it; 1 plans to run it; 1 may run it; 1 has moved; 1 is gone."},
	{BOTH("image.revocation due"), .kind = "image.revocation", .phase = "due", .status = "open",
         .reason = "changed", .severity = "critical", .image_status = "scheduled",
         .rows = ROWS_AFFECTED, .has = SAMPLE_ACKNOWLEDGED,
         .title = "Image due to be revoked: base-ubuntu-2204 v3",
         .summary =
                 "The revocation of base-ubuntu-2204 v3, scheduled for 2026-01-29T09:30:00Z, is due and not confirmed yet: CVE-2024-3094 in xz & \"liblzma\". 1 workspace still runs it; 1 plans to run it; 1 may run it; 1 has moved; 1 is gone."},
	{BOTH("image.revocation revoked"), .kind = "image.revocation", .phase = "revoked",
         .status = "open", .reason = "opened", .severity = "critical", .image_status = "revoked",
         .rows = ROWS_AFFECTED, .title = "Image revoked: base-ubuntu-2204 v3",
         .summary =
                 "jane.doe@example.com revoked base-ubuntu-2204 v3: CVE-2024-3094 in xz & \"liblzma\". 1 workspace still runs it; 1 plans to run it; 1 may run it; 1 has moved; 1 is gone."},
	{BOTH("image.revocation lifted"), .kind = "image.revocation", .phase = "lifted",
         .status = "resolved", .reason = "resolved", .severity = "critical",
         .image_status = "active", .rows = ROWS_AFFECTED,
         .title = "Revocation lifted: base-ubuntu-2204 v3",
         .summary = "The revocation of base-ubuntu-2204 v3 was lifted: it may be used again."},
	{BOTH("image.revocation cleared"), .kind = "image.revocation", .phase = "cleared",
         .status = "resolved", .reason = "resolved", .severity = "critical",
         .image_status = "revoked", .rows = ROWS_AFTER,
         .title = "All moved off revoked image: base-ubuntu-2204 v3",
         .summary =
                 "No known workspace runs base-ubuntu-2204 v3 any more. 1 workspace has moved; 1 is gone."},
	{ONE("image.revocation revoked, nobody affected"), .kind = "image.revocation",
         .phase = "revoked", .status = "open", .reason = "drill", .severity = "warning",
         .image_status = "revoked", .title = "Image revoked: base-ubuntu-2204 v3",
         .summary =
                 "jane.doe@example.com revoked base-ubuntu-2204 v3: CVE-2024-3094 in xz & \"liblzma\". No known workspace runs it."},
	{ONE("image.revocation revoked, image unknown"), .kind = "image.revocation",
         .phase = "revoked", .status = "open", .reason = "opened", .severity = "warning",
         .rows = ROWS_AFFECTED, .title = "Image revoked: base-ubuntu-2204",
         .summary =
                 "Somebody revoked base-ubuntu-2204. 1 workspace still runs it; 1 plans to run it; 1 may run it; 1 has moved; 1 is gone."},
	{ONE("image.revocation revoked, 100 workspaces"), .kind = "image.revocation",
         .phase = "revoked", .status = "open", .reason = "changed", .severity = "critical",
         .image_status = "revoked", .rows = ROWS_CUT, .title = "Image revoked: base-ubuntu-2204 v3",
         .summary =
                 "jane.doe@example.com revoked base-ubuntu-2204 v3: CVE-2024-3094 in xz & \"liblzma\". 81 workspaces still run it; 40 may run it; 15 have moved; 5 are gone."},
	{BOTH("image.superseded open"), .kind = "image.superseded", .status = "open",
         .reason = "opened", .severity = "info", .image_status = "active", .rows = ROWS_AFFECTED,
         .title = "Image superseded: base-ubuntu-2204 v3 by v4 on production",
         .summary =
                 "Channel production of base-ubuntu-2204 now points to v4. 3 workspaces may run an older version."},
	{ONE("image.superseded open, nobody affected"), .kind = "image.superseded",
         .status = "open", .reason = "changed", .severity = "info", .image_status = "active",
         .title = "Image superseded: base-ubuntu-2204 v3 by v4 on production",
         .summary = "Channel production of base-ubuntu-2204 now points to v4."},
	{BOTH("image.superseded rolled_back"), .kind = "image.superseded", .phase = "rolled_back",
         .status = "open", .reason = "changed", .severity = "info", .image_status = "active",
         .rows = ROWS_AFFECTED,
         .title = "Image rolled back: base-ubuntu-2204 v3 to v4 on production",
         .summary =
                 "Channel production of base-ubuntu-2204 now points to v4: v3 was withdrawn. 3 workspaces may run the withdrawn version."},
	{BOTH("image.superseded resolved"), .kind = "image.superseded", .status = "resolved",
         .reason = "resolved", .severity = "info", .image_status = "active", .rows = ROWS_AFTER,
         .title = "Image superseded: base-ubuntu-2204 v3 by v4 on production",
         .summary =
                 "Channel production of base-ubuntu-2204 now points to v4. All workspaces that follow it have moved."},
	{BOTH("image.released resolved"), .kind = "image.released", .status = "resolved",
         .reason = "opened", .severity = "info", .image_status = "active",
         .title = "Image released: base-ubuntu-2204 v3",
         .summary = "base-ubuntu-2204 v3 is complete, with 2 artifacts."},
	{BOTH("image.deleted open"), .kind = "image.deleted", .status = "open", .reason = "opened",
         .severity = "critical", .image_status = "deleted", .rows = ROWS_AFFECTED,
         .title = "Image deleted: base-ubuntu-2204 v3",
         .summary =
                 "base-ubuntu-2204 v3 was deleted. 1 workspace still runs it; 1 plans to run it; 1 may run it; 1 has moved; 1 is gone."},
	{BOTH("image.deleted resolved"), .kind = "image.deleted", .status = "resolved",
         .reason = "resolved", .severity = "critical", .image_status = "deleted",
         .rows = ROWS_AFTER, .title = "Image deleted: base-ubuntu-2204 v3",
         .summary = "No known workspace runs base-ubuntu-2204 v3 any more."},
	{BOTH("image.base_outdated open"), .kind = "image.base_outdated", .status = "open",
         .reason = "opened", .severity = "warning", .image_status = "active",
         .title = "Base image outdated: base-ubuntu-2204 v3",
         .summary = "base-ubuntu-2204 v3 is built on base-debian-12 v41, which is revoked."},
	{BOTH("image.base_outdated resolved"), .kind = "image.base_outdated", .status = "resolved",
         .reason = "resolved", .severity = "info", .image_status = "active",
         .title = "Base image outdated: base-ubuntu-2204 v3",
         .summary = "base-ubuntu-2204 was rebuilt on the current base."},
	{BOTH("channel.revoked open"), .kind = "channel.revoked", .status = "open",
         .reason = "opened", .severity = "warning", .image_status = "revoked",
         .title = "Channel points at a revoked version: production of base-ubuntu-2204",
         .summary = "Channel production still points at base-ubuntu-2204 v3, which is revoked."},
	{BOTH("channel.revoked resolved"), .kind = "channel.revoked", .status = "resolved",
         .reason = "resolved", .severity = "warning", .image_status = "active",
         .title = "Channel points at a revoked version: production of base-ubuntu-2204",
         .summary = "Channel production points at a valid version again."},
	{BOTH("workspace.drift open"), .kind = "workspace.drift", .status = "open",
         .reason = "opened", .severity = "critical", .image_status = "revoked", .rows = ROWS_ITSELF,
         .has = SAMPLE_DRIFT, .title = "Workspace drifted: fin-payments-prod",
         .summary =
                 "4 resources of fin-payments-prod no longer match its configuration. It may run base-ubuntu-2204 v3, which is revoked."},
	{BOTH("workspace.drift resolved"), .kind = "workspace.drift", .status = "resolved",
         .reason = "resolved", .severity = "warning", .rows = ROWS_ITSELF_AFTER,
         .has = SAMPLE_DRIFT, .title = "Workspace drifted: fin-payments-prod",
         .summary = "fin-payments-prod no longer drifts."},
	{ONE("workspace.drift stale"), .kind = "workspace.drift", .phase = "stale",
         .status = "resolved", .reason = "resolved", .severity = "warning",
         .rows = ROWS_ITSELF_AFTER, .has = SAMPLE_DRIFT,
         .title = "Workspace drifted: fin-payments-prod",
         .summary =
                 "No assessment of fin-payments-prod for 7 days: whether it still drifts is not known."},
	{BOTH("workspace.check_failed open"), .kind = "workspace.check_failed", .status = "open",
         .reason = "opened", .severity = "warning", .rows = ROWS_ITSELF, .has = SAMPLE_DRIFT,
         .title = "Checks failed: fin-payments-prod",
         .summary = "2 checks of fin-payments-prod failed."},
	{BOTH("workspace.check_failed resolved"), .kind = "workspace.check_failed",
         .status = "resolved", .reason = "resolved", .severity = "warning",
         .rows = ROWS_ITSELF_AFTER, .has = SAMPLE_DRIFT,
         .title = "Checks failed: fin-payments-prod",
         .summary = "All checks of fin-payments-prod pass again."},
	{BOTH("workspace.assessment_failed open"), .kind = "workspace.assessment_failed",
         .status = "open", .reason = "opened", .severity = "info", .rows = ROWS_ITSELF,
         .has = SAMPLE_DRIFT, .title = "Health assessment failed: fin-payments-prod",
         .summary = "fin-payments-prod could not be assessed."},
	{BOTH("workspace.assessment_failed resolved"), .kind = "workspace.assessment_failed",
         .status = "resolved", .reason = "resolved", .severity = "info", .rows = ROWS_ITSELF_AFTER,
         .has = SAMPLE_DRIFT, .title = "Health assessment failed: fin-payments-prod",
         .summary = "fin-payments-prod was assessed again."},
	{BOTH("workspace.run_failed open"), .kind = "workspace.run_failed", .status = "open",
         .reason = "opened", .severity = "warning", .image_status = "revoked", .rows = ROWS_ITSELF,
         .has = SAMPLE_RUN,
         .title = "Revoked image base-ubuntu-2204 v3: run failed in fin-payments-prod",
         .summary =
                 "fin-payments-prod may run base-ubuntu-2204 v3, which is revoked. Run run-FwnENkvDnrpyFC7M of fin-payments-prod, started by jane.doe@example.com, errored: Roll out base-ubuntu-2204 v3 <payments>."},
	{BOTH("workspace.run_failed resolved"), .kind = "workspace.run_failed",
         .status = "resolved", .reason = "resolved", .severity = "warning",
         .rows = ROWS_ITSELF_AFTER, .has = SAMPLE_RUN, .title = "Run failed: fin-payments-prod",
         .summary = "A later run of fin-payments-prod succeeded."},
	{BOTH("workspace.run_waiting open"), .kind = "workspace.run_waiting", .status = "open",
         .reason = "opened", .severity = "info", .rows = ROWS_ITSELF, .has = SAMPLE_RUN,
         .title = "Run waits for a person: fin-payments-prod",
         .summary =
                 "Run run-FwnENkvDnrpyFC7M of fin-payments-prod, started by jane.doe@example.com, waits for confirmation: Roll out base-ubuntu-2204 v3 <payments>."},
	{BOTH("workspace.run_waiting resolved"), .kind = "workspace.run_waiting",
         .status = "resolved", .reason = "resolved", .severity = "info", .rows = ROWS_ITSELF_AFTER,
         .has = SAMPLE_RUN, .title = "Run waits for a person: fin-payments-prod",
         .summary = "Run run-FwnENkvDnrpyFC7M of fin-payments-prod moved on."},
	{BOTH("workspace.auto_destroy open"), .kind = "workspace.auto_destroy", .status = "open",
         .reason = "opened", .severity = "info", .rows = ROWS_ITSELF,
         .title = "Workspace will be destroyed: fin-payments-prod",
         .summary = "fin-payments-prod is to be destroyed automatically at 2026-01-16T09:30:00Z."},
	{ONE("workspace.auto_destroy not started"), .kind = "workspace.auto_destroy",
         .status = "open", .reason = "changed", .severity = "warning", .rows = ROWS_ITSELF,
         .title = "Workspace could not be destroyed: fin-payments-prod",
         .summary =
                 "The run that destroys fin-payments-prod could not be created: Configuration version is missing."},
	{BOTH("workspace.auto_destroy resolved"), .kind = "workspace.auto_destroy",
         .status = "resolved", .reason = "resolved", .severity = "info", .rows = ROWS_ITSELF_AFTER,
         .title = "Workspace will be destroyed: fin-payments-prod",
         .summary = "fin-payments-prod was destroyed."},
	{BOTH("workspace.change_request resolved"), .kind = "workspace.change_request",
         .status = "resolved", .reason = "opened", .severity = "info", .rows = ROWS_ITSELF,
         .title = "Change requested: fin-payments-prod",
         .summary =
                 "jane.doe@example.com asks for a change of fin-payments-prod: Pin the actions. Please do so before Friday. https://app.terraform.io/app/acme-org/workspaces/fin-payments-prod/change-requests/wscr-yjLcKUMFTs6kr9iC"},
	{BOTH("workspace.untracked_image open"), .kind = "workspace.untracked_image",
         .status = "open", .reason = "opened", .severity = "warning", .rows = ROWS_ITSELF,
         .has = SAMPLE_UNTRACKED, .title = "Untracked image: fin-payments-prod",
         .summary =
                 "fin-payments-prod runs 2 images that no bucket knows: ami-0b5f1c2d3e4a59687 (aws_launch_template.batch), projects/debian-cloud/global/images/debian-12 (module.edge[\"eu\"].google_compute_instance.proxy)."},
	{BOTH("workspace.untracked_image resolved"), .kind = "workspace.untracked_image",
         .status = "resolved", .reason = "resolved", .severity = "warning",
         .rows = ROWS_ITSELF_AFTER, .title = "Untracked image: fin-payments-prod",
         .summary = "No untracked image is left in fin-payments-prod."},
	{BOTH("workspace.wrong_channel open"), .kind = "workspace.wrong_channel", .status = "open",
         .reason = "opened", .severity = "warning", .image_status = "active", .rows = ROWS_ITSELF,
         .has = SAMPLE_WRONG_CHANNEL, .title = "Wrong channel: fin-payments-prod",
         .summary =
                 "fin-payments-prod runs base-ubuntu-2204 v3 from channel staging instead of production; fin-payments-images v12, pinned to that version instead of from channel production."},
	{BOTH("workspace.wrong_channel resolved"), .kind = "workspace.wrong_channel",
         .status = "resolved", .reason = "resolved", .severity = "warning",
         .rows = ROWS_ITSELF_AFTER, .title = "Wrong channel: fin-payments-prod",
         .summary = "No image from a wrong channel is left in fin-payments-prod."},
	{BOTH("relay.sink_failing open"), .kind = "relay.sink_failing", .status = "open",
         .reason = "opened", .severity = "critical", .title = "Sink failing: payments-slack",
         .summary =
                 "Messages to payments-slack are not taken: 404 no_service. They wait and are sent when it works again."},
	{BOTH("relay.sink_failing resolved"), .kind = "relay.sink_failing", .status = "resolved",
         .reason = "resolved", .severity = "critical", .title = "Sink failing: payments-slack",
         .summary = "payments-slack works again."},
	{BOTH("relay.dead_letter open"), .kind = "relay.dead_letter", .status = "open",
         .reason = "opened", .severity = "critical", .title = "Message given up: payments-slack",
         .summary = "A message to payments-slack was given up after 3 days."},
	{BOTH("relay.dead_letter resolved"), .kind = "relay.dead_letter", .status = "resolved",
         .reason = "resolved", .severity = "critical", .title = "Message given up: payments-slack",
         .summary = "The message was sent."},
	{BOTH("relay.unknown_event open"), .kind = "relay.unknown_event", .status = "open",
         .reason = "opened", .severity = "warning",
         .title = "Event not understood: version.frozen from acme-packer",
         .summary =
                 "3 events of kind version.frozen from source acme-packer were kept but not understood: no such action is known. Nothing is lost: it can be replayed once the cause is gone."},
	{BOTH("relay.unknown_event resolved"), .kind = "relay.unknown_event", .status = "resolved",
         .reason = "resolved", .severity = "warning",
         .title = "Event not understood: version.frozen from acme-packer",
         .summary = "All such events have been replayed."},
	{BOTH("relay.source_silent open"), .kind = "relay.source_silent", .status = "open",
         .reason = "opened", .severity = "warning", .title = "Source silent: acme-terraform",
         .summary = "acme-terraform sent nothing for 2 hours."},
	{BOTH("relay.source_silent resolved"), .kind = "relay.source_silent", .status = "resolved",
         .reason = "resolved", .severity = "warning", .title = "Source silent: acme-terraform",
         .summary = "acme-terraform sends again."},
};

/* The sparse ones come behind all full ones. */
static const struct sample *
sparse_at(size_t index)
{
	for (size_t i = 0; i < COUNT(samples); i++)
		if (samples[i].sparse_name != NULL && index-- == 0)
			return &samples[i];
	return NULL;
}

size_t
sample_count(void)
{
	size_t count = COUNT(samples);

	while (sparse_at(count - COUNT(samples)) != NULL)
		count++;
	return count;
}

const char *
sample_name(size_t i)
{
	return i < COUNT(samples) ? samples[i].name : sparse_at(i - COUNT(samples))->sparse_name;
}

const char *
sample_kind(size_t i)
{
	return i < COUNT(samples) ? samples[i].kind : sparse_at(i - COUNT(samples))->kind;
}

json_t *
sample_document(size_t i)
{
	return i < COUNT(samples) ? sample_full(&samples[i])
	                          : sample_sparse(sparse_at(i - COUNT(samples)));
}

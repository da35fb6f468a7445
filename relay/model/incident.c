#include "relay/model/incident.h"

#include <stdlib.h>
#include <string.h>

#include "relay/base/mem.h"

void
incident_fini(struct incident *incident)
{
	free(incident->key);
	free(incident->title);
	free(incident->bucket_key);
	free(incident->image_key);
	free(incident->channel);
	free(incident->workspace_key);
	free(incident->ack_by);
	free(incident->ack_comment);
	free(incident->cause);
	json_decref(incident->detail);
	memset(incident, 0, sizeof(*incident));
}

void
incident_rows_fini(struct incident_rows *rows)
{
	for (size_t i = 0; i < rows->count; i++) {
		struct incident_row *row = &rows->items[i];

		free(row->workspace_key);
		free(row->bucket_key);
		free(row->fingerprint);
		free(row->version);
		free(row->channel);
		free(row->workspace_id);
		free(row->name);
		free(row->organization);
		free(row->url);
		free(row->project);
		free(row->tags);
	}
	free(rows->items);
	memset(rows, 0, sizeof(*rows));
}

struct incident_row
incident_row_of(const struct workspace *workspace)
{
	return (struct incident_row){
		.workspace_key = mem_str(workspace->key),
		.workspace_id = mem_str(workspace->id),
		.name = mem_str(workspace->name),
		.organization = mem_str(workspace->organization),
		.url = mem_str(workspace->url),
		.project = mem_str(workspace->project),
		.tags = mem_str(workspace->tags),
		.drifted = workspace->drifted,
	};
}

int
incident_row_order(const struct incident_row *a, const struct incident_row *b)
{
	if (a->state != b->state)
		return (int)a->state - (int)b->state;
	if (a->known != b->known)
		return (int)b->known - (int)a->known;
	if (a->drifted != b->drifted)
		return (int)b->drifted - (int)a->drifted;
	return strcmp(a->name, b->name);
}

void
incident_count(struct incident_counts *counts, const struct incident_row *row)
{
	counts->total++;
	switch (row->state) {
	case ROW_AFFECTED:
		counts->affected++;
		counts->possible += !row->known;
		counts->planned += row->known && row->planned;
		break;
	case ROW_MOVED:
		counts->moved++;
		break;
	case ROW_GONE:
		counts->gone++;
		break;
	}
}

struct judgement
judge_revocation(enum image_status status, int64_t revoke_at, int64_t opened_at,
                 const struct incident_counts *counts, int64_t now_ms)
{
	struct judgement j = {.open = true, .severity = SEVERITY_WARNING};
	bool quiet = opened_at != 0 && now_ms >= opened_at + REVOCATION_QUIET_MS;

	if (status == IMAGE_SCHEDULED)
		j.phase = revoke_at != 0 && revoke_at + REVOCATION_CONFIRM_MS <= now_ms
		                  ? PHASE_DUE
		                  : PHASE_SCHEDULED;
	else if (status == IMAGE_REVOKED)
		j.phase = PHASE_REVOKED;
	else
		return (struct judgement){.phase = PHASE_LIFTED, .severity = SEVERITY_WARNING};

	if (j.phase != PHASE_SCHEDULED && counts->affected > 0)
		j.severity = SEVERITY_CRITICAL;
	if (counts->affected == 0 && (counts->total > 0 || quiet)) {
		j.open = false;
		j.phase = PHASE_CLEARED;
	}
	return j;
}

struct judgement
judge_deleted(bool wrong, const struct incident_counts *counts)
{
	return (struct judgement){.open = wrong && counts->affected > 0,
	                          .severity = SEVERITY_CRITICAL};
}

struct judgement
judge_superseded(enum phase now, const struct incident_counts *counts)
{
	return (struct judgement){
		.open = counts->affected > 0, .phase = now, .severity = SEVERITY_INFO};
}

struct judgement
judge_workspace(enum incident_kind kind, const struct workspace_facts *facts)
{
	static const enum severity severities[KIND_COUNT] = {
		[KIND_WORKSPACE_DRIFT] = SEVERITY_WARNING,
		[KIND_WORKSPACE_CHECK_FAILED] = SEVERITY_WARNING,
		[KIND_WORKSPACE_ASSESSMENT_FAILED] = SEVERITY_INFO,
		[KIND_WORKSPACE_RUN_FAILED] = SEVERITY_WARNING,
		[KIND_WORKSPACE_RUN_WAITING] = SEVERITY_INFO,
		[KIND_WORKSPACE_AUTO_DESTROY] = SEVERITY_INFO,
		[KIND_WORKSPACE_CHANGE_REQUEST] = SEVERITY_INFO,
		[KIND_WORKSPACE_UNTRACKED_IMAGE] = SEVERITY_WARNING,
		[KIND_WORKSPACE_WRONG_CHANNEL] = SEVERITY_WARNING,
	};
	struct judgement j = {.open = facts->wrong, .severity = severities[kind]};

	if (kind == KIND_WORKSPACE_DRIFT && facts->runs_revoked)
		j.severity = SEVERITY_CRITICAL;
	if (kind == KIND_WORKSPACE_AUTO_DESTROY && facts->failed)
		j.severity = SEVERITY_WARNING;
	if (!facts->wrong && facts->stale)
		j.phase = PHASE_STALE;
	return j;
}

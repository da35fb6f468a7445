#include "sinks/sink.h"

#include <string.h>

#include "relay/base/mem.h"
#include "sinks/kinds.h"

const char *const outcome_names[] = {"sent", "retry", "rejected", "blocked", NULL};

const struct sink_kind *const sink_kinds[] = {&sink_slack, &sink_email, &sink_webhook, NULL};

const struct key_kind *const sink_conf_kinds[] = {&sink_slack.conf, &sink_email.conf,
                                                  &sink_webhook.conf, NULL};

const struct sink_kind *
sink_kind_named(const char *name)
{
	for (size_t i = 0; sink_kinds[i]; i++)
		if (strcmp(sink_kinds[i]->conf.name, name) == 0)
			return sink_kinds[i];
	return strcmp(sink_task_callback.conf.name, name) == 0 ? &sink_task_callback : NULL;
}

/* What has a meaning of its own; the rest follows from the class. */
static const struct {
	int status;
	enum outcome outcome;
} meanings[] = {
	{401, OUTCOME_BLOCKED}, {403, OUTCOME_BLOCKED}, {404, OUTCOME_BLOCKED},
	{408, OUTCOME_RETRY},   {410, OUTCOME_BLOCKED}, {425, OUTCOME_RETRY},
	{429, OUTCOME_RETRY},
};

static enum outcome
outcome_of_status(int status)
{
	for (size_t i = 0; i < COUNT(meanings); i++)
		if (meanings[i].status == status)
			return meanings[i].outcome;
	switch (status / 100) {
	case 2:
		return OUTCOME_SENT;
	case 3:
		return OUTCOME_BLOCKED;
	case 4:
		/* 400, 413, 415, 422, and those nobody foresaw: asking again
		 * for the same thing will not help, another message may. */
		return OUTCOME_REJECTED;
	default:
		return OUTCOME_RETRY;
	}
}

enum outcome
outcome_of_response(const struct httpc_response *response)
{
	switch (response->result) {
	case HTTPC_ANSWERED:
		return outcome_of_status(response->status);
	case HTTPC_REFUSED:
	case HTTPC_UNTRUSTED:
		return OUTCOME_BLOCKED;
	case HTTPC_UNREACHABLE:
		break;
	}
	return OUTCOME_RETRY;
}

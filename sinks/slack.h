/* slack.h - the options of the Slack sink. */
#ifndef SINKS_SLACK_H
#define SINKS_SLACK_H

#include "relay/config/key.h"

struct slack_options {
	struct secret webhook_url; /* the URL is the credential */
	char *template;            /* NAME of NAME.slack.json */
	bool allow_private;
};

#endif

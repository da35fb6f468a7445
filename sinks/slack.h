/* slack.h - the options of the Slack sink. */
#ifndef SINKS_SLACK_H
#define SINKS_SLACK_H

#include "relay/config/key.h"

/* What is put in front of a message that is to be noticed, by severity; NULL: nothing. */
struct slack_mention {
	char *info, *warning, *critical;
};

/* An incoming webhook, or a bot's token and a channel. */
struct slack_options {
	struct secret webhook_url; /* the URL is the credential */
	struct secret token;
	char *channel; /* "#name" or an id; may name the team: address.h */
	char *api_url;
	struct slack_mention mention;
	char *template; /* NAME of NAME.slack.json */
	bool allow_private;
};

#endif

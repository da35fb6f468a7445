#include <stdlib.h>
#include <string.h>

#include "relay/base/mem.h"
#include "relay/base/text.h"
#include "relay/config/section.h"
#include "relay/runtime/guard.h"
#include "sinks/address.h"
#include "sinks/slack_parts.h"

#define CHANNEL_MAX 80
#define MENTION_MAX 500

bool
slack_has_token(const struct slack_options *options)
{
	return options->token.count > 0;
}

/* An id (C024BE91L), or a name as Slack has them: "#payments-alerts". */
static bool
is_channel(const char *text)
{
	static const char id[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
	const char *name = *text == '#' ? text + 1 : text;

	if (strlen(text) >= 8 && strchr("CGDU", *text) && text[strspn(text, id)] == '\0')
		return true;
	for (const char *c = name; *c; c++) {
		bool plain = (*c >= 'a' && *c <= 'z') || (*c >= '0' && *c <= '9') ||
		             strchr("-_", *c) || (unsigned char)*c >= 0x80;
		if (!plain)
			return false;
	}
	return *name && utf8_count(name) <= CHANNEL_MAX;
}

static void
check_channel(const char *channel, const struct section *section)
{
	char *quoted;

	if (is_channel(channel))
		return;
	quoted = faults_quote(channel);
	section_fault(section, "channel",
	              "channel: %s is no channel: an id, or \"#\" and at most %d lower case "
	              "letters, digits, \"-\" and \"_\"",
	              quoted, CHANNEL_MAX);
	free(quoted);
}

/* <!here>, <!subteam^S012>, <@U012>: else Slack would show it and mention nobody. */
static bool
is_mention(const char *text)
{
	static const char word[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789^";
	size_t count = 0;

	for (; *text; count++) {
		size_t len = *text == '<' && text[1] && strchr("!@", text[1])
		                     ? strspn(text + 2, word)
		                     : 0;
		if (len == 0 || text[2 + len] != '>')
			return false;
		text += len + 3;
		text += strspn(text, " ");
	}
	return count > 0;
}

static void
check_mention(const struct slack_mention *mention, const struct section *section)
{
	const struct {
		const char *key, *text;
	} all[] = {{"mention.info", mention->info},
	           {"mention.warning", mention->warning},
	           {"mention.critical", mention->critical}};

	for (size_t i = 0; i < COUNT(all); i++) {
		char *quoted;

		if (!all[i].text || (strlen(all[i].text) <= MENTION_MAX && is_mention(all[i].text)))
			continue;
		quoted = faults_quote(all[i].text);
		section_fault(section, all[i].key,
		              "%s: %s mentions nobody: write <!here>, <@U012ABC> or "
		              "<!subteam^S012ABC>",
		              all[i].key, quoted);
		free(quoted);
	}
}

/* It goes into a header line. */
static bool
is_token(const char *text)
{
	for (const char *c = text; *c; c++)
		if (*c <= ' ' || *c > '~')
			return false;
	return *text != '\0';
}

/* What belongs to a token, which may have been refused. */
static void
check_token(const struct slack_options *options, const struct section *section)
{
	const char *refused =
		options->api_url ? guard_url_fault(options->api_url, options->allow_private) : NULL;
	char *fault = options->channel ? address_fault(options->channel) : NULL;

	if (slack_has_token(options) && !options->channel)
		section_fault(section, "channel token", "a token needs channel");
	if (slack_has_token(options) && !is_token(options->token.values[0]))
		section_fault(section, "token", "%s holds no token", options->token.origin);
	if (options->api_url && strpbrk(options->api_url, "?#"))
		section_fault(section, "api_url", "api_url needs a URL without ? and #");
	if (refused)
		section_fault(section, "api_url allow_private", "api_url %s", refused);
	if (fault)
		section_fault(section, "channel", "channel: %s", fault);
	else if (options->channel && !address_varies(options->channel))
		check_channel(options->channel, section);
	check_mention(&options->mention, section);
	free(fault);
}

static void
check_url(const struct slack_options *options, const struct section *section)
{
	char *url = url_trimmed(options->webhook_url.values[0]);
	bool fine = url_is_http(url);
	const char *refused = fine ? guard_url_fault(url, options->allow_private) : NULL;

	mem_wipe_free(url, strlen(url));
	if (!fine)
		section_fault(section, "webhook_url", "%s does not hold an http(s) URL",
		              options->webhook_url.origin);
	if (refused)
		section_fault(section, "webhook_url allow_private", "the URL in %s %s",
		              options->webhook_url.origin, refused);
}

/* What an incoming webhook cannot do. */
static void
check_no_token(const struct slack_options *options, const struct section *section)
{
	const struct slack_mention *mention = &options->mention;

	if (options->channel)
		section_fault(section, "channel token",
		              "channel needs a token: an incoming webhook has one channel");
	if (mention->info || mention->warning || mention->critical)
		section_fault(section, "mention token", "mention needs a token");
	if (options->api_url)
		section_fault(section, "api_url token", "api_url needs a token");
}

static void
check_no_way(const struct slack_options *options, const struct section *section)
{
	if (options->channel)
		section_fault(section, "channel token webhook_url",
		              "channel needs token_file or token_env");
	else
		section_fault(section, "token webhook_url",
		              "webhook_url_file or webhook_url_env is missing, or token_file or "
		              "token_env and channel");
}

void
slack_check(const void *arg, const struct section *section)
{
	const struct slack_options *options = arg;
	bool token = slack_has_token(options), url = options->webhook_url.count > 0;

	if (url && token)
		section_fault(section, "webhook_url token",
		              "give either a webhook_url or a token, not both");
	if (!url && !token)
		check_no_way(options, section);
	if (url)
		check_url(options, section);
	if (url && !token)
		check_no_token(options, section);
	else
		check_token(options, section);
}

void
slack_check_team(const void *arg, const char *team, const struct section *section)
{
	const struct slack_options *options = arg;
	bool varies = options->channel && address_varies(options->channel);
	char *channel = varies ? address_for(options->channel, team) : NULL;

	if (channel)
		check_channel(channel, section);
	free(channel);
}

const char *
slack_needs_team(const void *arg)
{
	const struct slack_options *options = arg;

	return options->channel && address_needs_team(options->channel) ? "its channel needs a team"
	                                                                : NULL;
}

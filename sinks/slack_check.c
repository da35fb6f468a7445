#include <stdlib.h>
#include <string.h>

#include "relay/base/mem.h"
#include "relay/base/text.h"
#include "relay/config/faults.h"
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

static char *
fault_of_channel(const char *channel)
{
	char *quoted, *out;

	if (is_channel(channel))
		return NULL;
	quoted = faults_quote(channel);
	out = mem_fmt("channel: %s is no channel: an id, or \"#\" and at most %d lower case "
	              "letters, digits, \"-\" and \"_\"",
	              quoted, CHANNEL_MAX);
	free(quoted);
	return out;
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

static char *
fault_of_mention(const struct slack_mention *mention)
{
	const struct {
		const char *name, *text;
	} all[] = {{"info", mention->info},
	           {"warning", mention->warning},
	           {"critical", mention->critical}};
	char *quoted, *out;

	for (size_t i = 0; i < COUNT(all); i++) {
		if (!all[i].text || (strlen(all[i].text) <= MENTION_MAX && is_mention(all[i].text)))
			continue;
		quoted = faults_quote(all[i].text);
		out = mem_fmt("mention.%s: %s mentions nobody: write <!here>, <@U012ABC> or "
		              "<!subteam^S012ABC>",
		              all[i].name, quoted);
		free(quoted);
		return out;
	}
	return NULL;
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

static char *
check_token(const struct slack_options *options)
{
	char *fault;

	if (!options->channel)
		return mem_str("a token needs channel");
	if (options->api_url && strpbrk(options->api_url, "?#"))
		return mem_str("api_url needs a URL without ? and #");
	if (options->api_url && guard_url_fault(options->api_url, options->allow_private))
		return mem_fmt("api_url %s",
		               guard_url_fault(options->api_url, options->allow_private));
	if (!is_token(options->token.values[0]))
		return mem_fmt("%s holds no token", options->token.origin);
	fault = address_fault(options->channel);
	if (fault) {
		char *out = mem_fmt("channel: %s", fault);
		free(fault);
		return out;
	}
	if (!address_varies(options->channel))
		fault = fault_of_channel(options->channel);
	return fault ? fault : fault_of_mention(&options->mention);
}

static char *
check_webhook(const struct slack_options *options)
{
	const struct slack_mention *mention = &options->mention;
	char *url = url_trimmed(options->webhook_url.values[0]);
	bool fine = url_is_http(url);
	const char *refused = fine ? guard_url_fault(url, options->allow_private) : NULL;

	mem_wipe_free(url, strlen(url));
	if (!fine)
		return mem_fmt("%s does not hold an http(s) URL", options->webhook_url.origin);
	if (refused)
		return mem_fmt("the URL in %s %s", options->webhook_url.origin, refused);
	if (options->channel)
		return mem_str("channel needs a token: an incoming webhook has one channel");
	if (mention->info || mention->warning || mention->critical)
		return mem_str("mention needs a token");
	if (options->api_url)
		return mem_str("api_url needs a token");
	return NULL;
}

char *
slack_check(const void *arg)
{
	const struct slack_options *options = arg;

	if (options->webhook_url.count && slack_has_token(options))
		return mem_str("give either a webhook_url or a token, not both");
	if (slack_has_token(options))
		return check_token(options);
	if (options->webhook_url.count)
		return check_webhook(options);
	return mem_str(options->channel
	                       ? "channel needs token_file or token_env"
	                       : "webhook_url_file or webhook_url_env is missing, or token_file "
	                         "or token_env and channel");
}

char *
slack_check_team(const void *arg, const char *team)
{
	const struct slack_options *options = arg;
	char *fault, *channel;

	if (!options->channel || !address_varies(options->channel))
		return NULL;
	fault = address_fault(options->channel);
	if (fault) { /* told by the other one */
		free(fault);
		return NULL;
	}
	channel = address_for(options->channel, team);
	fault = channel ? fault_of_channel(channel) : mem_str("its channel needs a team");
	free(channel);
	return fault;
}

/*
 * Errors by the word in the body, which says more than the status: "Errors
 * for incoming webhooks" and the Web API's error lists, docs.slack.dev.
 */
#include <stdio.h>
#include <string.h>

#include "relay/base/json.h"
#include "relay/base/mem.h"
#include "sinks/slack_parts.h"

static const struct {
	const char *word;
	enum outcome outcome;
} errors[] = {
	/* this message */
	{"invalid_payload", OUTCOME_REJECTED},
	{"no_text", OUTCOME_REJECTED},
	{"missing_text_or_fallback_or_attachments", OUTCOME_REJECTED},
	{"invalid_blocks", OUTCOME_REJECTED},
	{"invalid_blocks_format", OUTCOME_REJECTED},
	{"invalid_attachments", OUTCOME_REJECTED},
	{"too_many_attachments", OUTCOME_REJECTED},
	{"attachment_payload_limit_exceeded", OUTCOME_REJECTED},
	{"msg_too_long", OUTCOME_REJECTED},
	{"msg_blocks_too_long", OUTCOME_REJECTED},
	{"metadata_too_large", OUTCOME_REJECTED},
	{"metadata_must_be_sent_as_json", OUTCOME_REJECTED},
	{"markdown_text_conflict", OUTCOME_REJECTED},
	{"invalid_arguments", OUTCOME_REJECTED},
	/* who we are */
	{"action_prohibited", OUTCOME_BLOCKED},
	{"invalid_token", OUTCOME_BLOCKED},
	{"invalid_auth", OUTCOME_BLOCKED},
	{"not_authed", OUTCOME_BLOCKED},
	{"account_inactive", OUTCOME_BLOCKED},
	{"token_revoked", OUTCOME_BLOCKED},
	{"token_expired", OUTCOME_BLOCKED},
	{"missing_scope", OUTCOME_BLOCKED},
	{"no_permission", OUTCOME_BLOCKED},
	{"not_allowed_token_type", OUTCOME_BLOCKED},
	{"accesslimited", OUTCOME_BLOCKED},
	{"access_denied", OUTCOME_BLOCKED},
	{"ekm_access_denied", OUTCOME_BLOCKED},
	{"team_access_not_granted", OUTCOME_BLOCKED},
	{"two_factor_setup_required", OUTCOME_BLOCKED},
	{"enterprise_is_restricted", OUTCOME_BLOCKED},
	{"unknown_method", OUTCOME_BLOCKED},
	/* where it goes */
	{"user_not_found", OUTCOME_BLOCKED},
	{"posting_to_general_channel_denied", OUTCOME_BLOCKED},
	{"team_disabled", OUTCOME_BLOCKED},
	{"team_not_found", OUTCOME_BLOCKED},
	{"channel_not_found", OUTCOME_BLOCKED},
	{"channel_is_archived", OUTCOME_BLOCKED},
	{"not_in_channel", OUTCOME_BLOCKED},
	{"is_archived", OUTCOME_BLOCKED},
	{"restricted_action", OUTCOME_BLOCKED},
	{"restricted_action_read_only_channel", OUTCOME_BLOCKED},
	{"restricted_action_thread_only_channel", OUTCOME_BLOCKED},
	{"restricted_action_non_threadable_channel", OUTCOME_BLOCKED},
	{"restricted_action_thread_locked", OUTCOME_BLOCKED},
	{"message_limit_exceeded", OUTCOME_BLOCKED},
	{"no_service", OUTCOME_BLOCKED},
	{"no_service_id", OUTCOME_BLOCKED},
	{"no_team", OUTCOME_BLOCKED},
	{"no_active_hooks", OUTCOME_BLOCKED},
	/* not now */
	{"rate_limited", OUTCOME_RETRY},
	{"ratelimited", OUTCOME_RETRY},
	{"message_limit_per_minute", OUTCOME_RETRY},
	{"rollup_error", OUTCOME_RETRY},
	{"internal_error", OUTCOME_RETRY},
	{"fatal_error", OUTCOME_RETRY},
	{"service_unavailable", OUTCOME_RETRY},
	{"request_timeout", OUTCOME_RETRY},
	{"external_channel_migrating", OUTCOME_RETRY},
	{"org_login_required", OUTCOME_RETRY},
	{"team_added_to_org", OUTCOME_RETRY},
	{"update_failed", OUTCOME_RETRY},
};

static const enum outcome *
outcome_of_word(const char *word, size_t len)
{
	for (size_t i = 0; i < COUNT(errors); i++)
		if (strlen(errors[i].word) == len && memcmp(errors[i].word, word, len) == 0)
			return &errors[i].outcome;
	return NULL;
}

/* {"ok": false, "error": WORD} as the Web API says it, {"success": false} as
 * Rocket.Chat does; both come with status 200. */
static enum outcome
outcome_of_object(const json_t *object, enum outcome otherwise)
{
	const char *word = json_text_at(object, "error");
	const enum outcome *known = word ? outcome_of_word(word, strlen(word)) : NULL;

	if (known)
		return *known;
	if (json_is_false(json_at(object, "ok")) || json_is_false(json_at(object, "success")))
		return otherwise == OUTCOME_SENT ? OUTCOME_REJECTED : otherwise;
	return otherwise;
}

static const char blanks[] = " \t\r\n";

/* Where the body begins to say something; "" when it says nothing. */
static const char *
word_of(const struct httpc_response *response)
{
	return response->body_len ? response->body + strspn(response->body, blanks) : "";
}

enum outcome
slack_judge(const struct httpc_response *response)
{
	enum outcome otherwise = outcome_of_response(response);

	if (response->result != HTTPC_ANSWERED || !response->body_len || response->status == 429)
		return otherwise;
	const char *word = word_of(response);
	const enum outcome *known = outcome_of_word(word, strcspn(word, blanks));
	if (known)
		return *known;
	if (*word != '{')
		return otherwise;
	json_t *object;
	struct err err;
	if (json_read(response->body, response->body_len, &object, &err) != JSON_TREE)
		return otherwise;
	enum outcome outcome = outcome_of_object(object, otherwise);
	json_decref(object);
	return outcome;
}

enum outcome
slack_api_judge(const struct httpc_response *response)
{
	enum outcome outcome = slack_judge(response);

	return outcome == OUTCOME_SENT && *word_of(response) != '{' ? OUTCOME_RETRY : outcome;
}

void
slack_answer_read(struct slack_answer *out, const struct httpc_response *response)
{
	struct err err;
	const char *word = NULL;

	*out = (struct slack_answer){.word = ""};
	if (response->result != HTTPC_ANSWERED || !response->body_len)
		return;
	if (json_read(response->body, response->body_len, &out->object, &err) != JSON_TREE)
		out->object = NULL;
	if (out->object)
		word = json_text_at(out->object, "error");
	if (word)
		snprintf(out->word, sizeof(out->word), "%s", word);
}

bool
slack_word_is_lost(const char *word)
{
	static const char *const lost[] = {
		"message_not_found",
		"cant_update_message",
		"edit_window_closed",
		"is_inactive",
		"cannot_reply_to_message",
		"thread_not_found",
		/* The channel is there, but takes no replies. */
		"restricted_action_non_threadable_channel",
		"restricted_action_thread_locked",
	};

	for (size_t i = 0; i < COUNT(lost); i++)
		if (strcmp(word, lost[i]) == 0)
			return true;
	return false;
}

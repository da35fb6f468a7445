/*
 * slack_parts.h - what the files of slack.h share, and nobody else.
 *
 *	slack.c           keys, which of the two ways, the row of the table
 *	slack_check.c     what does not fit together in the options
 *	slack_message.c   a notification document as Slack messages
 *	slack_webhook.c   to an incoming webhook: each message is posted
 *	slack_api.c       with a bot's token: posted once, edited, replied to
 *	slack_call.c      what is called for that, and what is known afterwards
 *	slack_judge.c     what Slack's words of failure mean
 */
#ifndef SINKS_SLACK_PARTS_H
#define SINKS_SLACK_PARTS_H

#include "relay/base/buf.h"
#include "sinks/post.h"
#include "sinks/sink.h"
#include "sinks/slack.h"

/* The beginning of both ways' own structs. */
struct slack {
	struct http_sink http;
	const struct slack_options *options;
};

/* ---- slack_check.c ---- */

/* Of struct key_kind. */
void slack_check(const void *options, const struct section *);
void slack_check_team(const void *options, const char *team, const struct section *);
const char *slack_needs_team(const void *options);
bool slack_has_token(const struct slack_options *);

/* ---- slack_message.c ---- */

/* The message: a new reference.  The built-in one where the template failed;
 * fault then says why.  templates NULL: the built-in one. */
json_t *slack_payload(const struct slack_options *, const struct templates *,
                      const struct message *, struct err *fault);

/* What is to be put in front, for a document of this severity; NULL: nothing. */
const char *slack_mention_of(const struct slack_options *, const json_t *document);
/* In front of text and blocks, as it is: never from data. */
void slack_mention_add(json_t *payload, const char *mention);

/* The short message in the thread: what is new.  A new reference. */
json_t *slack_reply(const json_t *document, const char *mention);

/* ---- slack_judge.c ---- */

/* The outcome of an answer, by its word where it has one. */
enum outcome slack_judge(const struct httpc_response *);
/* The same for the Web API, which answers with an object: a page with status 200
 * comes from something on the way, and nothing was posted. */
enum outcome slack_api_judge(const struct httpc_response *);
/* The word of an answer of the Web API, or "". */
struct slack_answer {
	char word[64];
	json_t *object; /* the whole; NULL when it was none */
};
void slack_answer_read(struct slack_answer *, const struct httpc_response *);
/* The message to edit or to reply to is out of reach: it is to be posted anew. */
bool slack_word_is_lost(const char *word);

/* ---- slack_webhook.c, slack_api.c ---- */

extern const char *const slack_headers[2]; /* the first headers of all requests */

void slack_webhook_open(struct sink **, const struct slack_options *, const struct sink_env *);
void slack_webhook_send(struct sink *, const struct message *, sink_done_fn *, void *arg);
void slack_webhook_close(struct sink *);

int slack_api_open(struct sink **, const struct slack_options *, const char *team,
                   const struct sink_env *, struct err *);
void slack_api_send(struct sink *, const struct message *, sink_done_fn *, void *arg);
void slack_api_close(struct sink *);
/* sink_kind.destination */
char *slack_api_destination(const struct slack_options *, const char *team);

/* ---- slack_call.c ---- */

enum slack_step { SLACK_POST, SLACK_UPDATE, SLACK_REPLY };
extern const char *const slack_methods[]; /* by step */

enum slack_step slack_first_step(const struct message *);
/* Of one call: a new reference. */
json_t *slack_arguments(const struct slack_options *, const char *channel, const struct templates *,
                        const struct message *, enum slack_step, const json_t *reference,
                        struct err *fault);
/* Does it tell where a message is: {"channel", "ts"}? */
bool slack_is_message(const json_t *);
/* The message shows this revision now; spoken: people were told of it, too. */
void slack_refer(json_t *reference, const struct message *, bool spoken);
/* sink_kind.show */
char *slack_api_show(const struct slack_options *, const char *team, const struct templates *,
                     const struct message *, json_t **reference, struct err *fault);

#endif

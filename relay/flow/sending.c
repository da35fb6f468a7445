/*
 * One claimed delivery on its way to its sink and back.
 */
#include <stdlib.h>
#include <string.h>

#include "relay/base/mem.h"
#include "relay/base/sign.h"
#include "relay/flow/deliver_parts.h"
#include "relay/source/source.h"

void
sending_free(struct sending *sending)
{
	if (sending->link) {
		*sending->link = sending->next;
		if (sending->next)
			sending->next->link = sending->link;
	}
	if (sending->bearer)
		mem_wipe_free(sending->bearer, strlen(sending->bearer));
	outlet_release(sending->outlet);
	claimed_fini(&sending->claimed);
	free(sending);
}

/* A token goes into a header line: visible ASCII only. */
static bool
is_token(const char *text)
{
	for (; *text; text++)
		if (*text <= ' ' || *text > '~')
			return false;
	return true;
}

/* The token in clear, when a key of this source sealed it. */
static char *
unseal(const struct run_task_options *options, const char *sealed)
{
	for (size_t i = 0; i < options->base.hmac_key.count; i++) {
		char *token = seal_open(options->base.hmac_key.values[i], "run task token", sealed);
		if (token && is_token(token))
			return token;
		if (token)
			mem_wipe_free(token, strlen(token));
	}
	return NULL;
}

/* A task callback goes out under the rules of the source it came to: the one
 * whose key opens its token. */
static void
prepare_callback(struct sending *sending)
{
	const struct deliver *d = sending->deliver;
	const struct key_list sources = d->conf->sources;

	for (size_t i = 0; sending->claimed.sealed && i < sources.count; i++) {
		const struct conf_source *source = conf_item(sources, struct conf_source, i);
		if (strcmp(source->kind->name, "hcp_run_task") != 0)
			continue;
		const struct run_task_options *options = source->options;
		sending->bearer = unseal(options, sending->claimed.sealed);
		if (sending->bearer) {
			sending->outlet = d->callbacks[options->allow_private];
			break;
		}
	}
}

static void
on_done(const struct sink_result *result, void *arg)
{
	struct sending *sending = arg;

	if (sending->bearer) {
		mem_wipe_free(sending->bearer, strlen(sending->bearer));
		sending->bearer = NULL;
		sending->message.bearer = NULL;
	}
	settle_submit(sending, result);
}

static struct message
message_of(const struct sending *sending)
{
	return (struct message){
		.id = sending->claimed.notification_id,
		.revision = sending->claimed.revision,
		.document = sending->claimed.document,
		.plain = sending->claimed.plain,
		.speaks = sending->claimed.speaks,
		.attempt_at_ms = sending->started_at,
		.recipients = sending->claimed.recipients,
		.reference = sending->claimed.reference,
		.target = sending->claimed.target,
		.bearer = sending->bearer,
	};
}

void
sending_start(struct deliver *d, struct claimed *claimed)
{
	static const struct sink_result no_token = {
		.outcome = OUTCOME_REJECTED,
		.text = "the run task's token is gone, or the key that sealed it",
	};
	struct sending *sending = mem_alloc(sizeof(*sending));

	sending->deliver = d;
	sending->claimed = *claimed;
	*claimed = (struct claimed){0};
	sending->started_at = d->now_ms();
	sending->next = d->sendings;
	sending->link = &d->sendings;
	if (sending->next)
		sending->next->link = &sending->next;
	d->sendings = sending;

	sending->endpoint = d->draining ? NULL : endpoint_for(d, sending->claimed.destination);
	if (!sending->endpoint) {
		settle_submit(sending, NULL); /* a reload or the end came between: put back */
		return;
	}
	struct endpoint *endpoint = sending->endpoint;
	endpoint->in_flight++;
	endpoint->next_send_at = sending->started_at + endpoint->kind->pace_ms;
	if (sending->claimed.target)
		prepare_callback(sending);
	else
		sending->outlet = endpoint->outlet;
	if (!sending->outlet) {
		settle_submit(sending, &no_token);
		return;
	}
	sending->outlet->users++;
	sending->message = message_of(sending);
	sending->outlet->kind->send(sending->outlet->sink, &sending->message, on_done, sending);
}

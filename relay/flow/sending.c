/*
 * One claimed delivery on its way to its sink and back.
 */
#include <stdlib.h>
#include <string.h>

#include "relay/base/mem.h"
#include "relay/flow/deliver_parts.h"
#include "relay/flow/task_token.h"

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
	free(sending->ca_file);
	outlet_release(sending->outlet);
	claimed_fini(&sending->claimed);
	free(sending);
}

/* A task callback goes out under the rules of the source it came to: the one
 * whose key opens its token. */
static const char *
prepare_callback(struct sending *sending)
{
	const struct deliver *d = sending->deliver;
	const struct run_task_options *options = NULL;

	sending->bearer = task_token_open(d->conf, sending->claimed.sealed, &options);
	if (!sending->bearer)
		return "the run task sent no token, or the key that sealed it is gone";
	/* Another config since may have taken the host out. */
	if (task_url_refusal(options, sending->claimed.target))
		return "the callback's host is not in allowed_hosts";
	sending->outlet = d->callbacks[options->allow_private];
	sending->ca_file = mem_str(options->ca_file);
	return NULL;
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
		.ca_file = sending->ca_file,
	};
}

void
sending_start(struct deliver *d, struct claimed *claimed)
{
	struct sink_result refused = {.outcome = OUTCOME_REJECTED};
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
		refused.text = prepare_callback(sending);
	else
		sending->outlet = endpoint->outlet;
	if (refused.text) {
		settle_submit(sending, &refused);
		return;
	}
	sending->outlet->users++;
	sending->message = message_of(sending);
	sending->outlet->kind->send(sending->outlet->sink, &sending->message, on_done, sending);
}

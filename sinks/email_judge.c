/*
 * Who of a list has a mail, and what that makes of the delivery.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "relay/base/json.h"
#include "relay/base/mem.h"
#include "sinks/email_parts.h"

static const char *const state_names[] = {
	[OUTCOME_SENT] = "sent",
	[OUTCOME_RETRY] = "retry",
	[OUTCOME_REJECTED] = "rejected",
};

/* What an earlier attempt left for this address; NULL. */
static json_t *
entry_of(const json_t *before, const char *address)
{
	size_t i;
	json_t *entry;

	json_array_foreach(before, i, entry)
	{
		const char *of = json_text_at(entry, "address");
		if (of && strcasecmp(of, address) == 0)
			return entry;
	}
	return NULL;
}

static bool
has_state(const json_t *entry, enum outcome state)
{
	const char *name = json_text_at(entry, "state");

	return name && strcmp(name, state_names[state]) == 0;
}

void
email_owed(const struct key_texts *to, struct email_delivery *delivery)
{
	delivery->owed = mem_array(to->count, sizeof(*delivery->owed));
	for (size_t i = 0; i < to->count; i++) {
		const json_t *entry = entry_of(delivery->before, to->items[i]);
		if (!has_state(entry, OUTCOME_SENT) && !has_state(entry, OUTCOME_REJECTED))
			delivery->owed[delivery->owed_count++] = i;
	}
}

/*
 * What one fate leaves of a recipient.  Who refused the rich mail for its
 * content is still owed the plain one; what stops the whole destination says
 * nothing of the recipient.
 */
static enum outcome
state_after(const struct mail_fate *fate, bool plain)
{
	if (fate->outcome == OUTCOME_BLOCKED || (fate->content && !plain))
		return OUTCOME_RETRY;
	return fate->outcome;
}

static json_t *
entry_new(const char *address, const struct mail_fate *fate, bool plain)
{
	json_t *entry = json_object();

	json_object_set_new(entry, "address", json_string(address));
	json_object_set_new(entry, "state", json_string(state_names[state_after(fate, plain)]));
	json_object_set_new(entry, "code", fate->code ? json_integer(fate->code) : json_null());
	json_object_set_new(entry, "text", json_text_or_null(fate->text));
	return entry;
}

/* The code and the text of the delivery are those of the worst recipient. */
struct worst {
	enum outcome outcome;
	const char *address; /* NULL: none yet */
	int code;
	const char *text;
};

static void
worse(struct worst *worst, const struct worst *other)
{
	if (!worst->address || other->outcome > worst->outcome)
		*worst = *other;
}

static enum outcome
outcome_of_entry(const json_t *entry)
{
	if (has_state(entry, OUTCOME_SENT))
		return OUTCOME_SENT;
	return has_state(entry, OUTCOME_REJECTED) ? OUTCOME_REJECTED : OUTCOME_RETRY;
}

/* The delivery's outcome: BLOCKED stops it; a mail refused for its content is
 * REJECTED, whoever else is owed, so that the plain form comes next. */
static enum outcome
outcome_of(const struct email_verdict *verdict, bool blocked, bool content)
{
	bool owed = false, refused = false;
	size_t i;
	json_t *entry;

	if (blocked)
		return OUTCOME_BLOCKED;
	if (content)
		return OUTCOME_REJECTED;
	json_array_foreach(verdict->recipients, i, entry)
	{
		owed |= outcome_of_entry(entry) == OUTCOME_RETRY;
		refused |= outcome_of_entry(entry) == OUTCOME_REJECTED;
	}
	return owed ? OUTCOME_RETRY : refused ? OUTCOME_REJECTED : OUTCOME_SENT;
}

static const struct mail_fate *
fate_of(const struct email_delivery *delivery, const struct mail_fate *fates, size_t recipient)
{
	for (size_t i = 0; i < delivery->owed_count; i++)
		if (delivery->owed[i] == recipient)
			return &fates[i];
	return NULL;
}

static char *
text_of(const struct worst *worst, size_t recipients)
{
	const char *text = worst->text ? worst->text : outcome_names[worst->outcome];

	/* Without a code it is the session's, and nobody's in particular; and when
	 * the worst is a mail sent, all have it. */
	if (recipients > 1 && worst->code && worst->outcome != OUTCOME_SENT)
		return mem_fmt("%s: %s", worst->address, text);
	return mem_str(text);
}

void
email_judge(const struct key_texts *to, const struct email_delivery *delivery,
            const struct mail_fate *fates, struct email_verdict *out)
{
	bool blocked = false, content = false;
	struct worst worst = {0};

	*out = (struct email_verdict){.recipients = json_array()};
	for (size_t i = 0; i < to->count; i++) {
		const char *address = to->items[i];
		const struct mail_fate *fate = fate_of(delivery, fates, i);
		json_t *entry = entry_of(delivery->before, address);
		/* What stops everybody leaves each as it was. */
		bool stays = entry && (!fate || fate->outcome == OUTCOME_BLOCKED);
		entry = stays  ? json_incref(entry)
		        : fate ? entry_new(address, fate, delivery->plain)
		               : NULL;
		json_array_append_new(out->recipients, entry);
		if (fate) {
			blocked |= fate->outcome == OUTCOME_BLOCKED;
			content |= fate->content && !delivery->plain;
			out->unheard |= fate->unheard;
			worse(&worst,
			      &(struct worst){fate->outcome, address, fate->code, fate->text});
		} else {
			worse(&worst, &(struct worst){outcome_of_entry(entry), address,
			                              (int)json_int_at(entry, "code", 0),
			                              json_text_at(entry, "text")});
		}
		out->told |= has_state(entry, OUTCOME_SENT);
	}
	out->told |= out->unheard;
	out->outcome = outcome_of(out, blocked, content);
	out->code = worst.code;
	out->text = text_of(&worst, to->count);
}

void
email_verdict_fini(struct email_verdict *verdict)
{
	json_decref(verdict->recipients);
	free(verdict->text);
}

/* What each destination would get of it. */
#include <stdlib.h>
#include <string.h>

#include "relay/base/json.h"
#include "relay/base/mem.h"
#include "relay/flow/addresses.h"
#include "relay/flow/dryrun_parts.h"
#include "sinks/sink.h"

/* What went out of one event, for who hears nothing and why. */
struct outgoing {
	struct went {
		char *incident, *team, *destination, *sink;
	} * items;
	size_t count;
};

static void
outgoing_fini(struct outgoing *out)
{
	for (size_t i = 0; i < out->count; i++) {
		free(out->items[i].incident);
		free(out->items[i].team);
		free(out->items[i].destination);
		free(out->items[i].sink);
	}
	free(out->items);
}

static bool
same(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

/* ---- one delivery ---- */

/* How long its route waits before a first message, or 0. */
static int64_t
wait_of(const struct conf *conf, const json_t *document)
{
	const char *name = json_text_at(document, "route");
	const char *reason = json_text_at(document, "reason");

	if (!same(reason, "opened"))
		return 0;
	for (size_t i = 0; i < conf->routes.count; i++) {
		const struct conf_route *route = conf_item(conf->routes, struct conf_route, i);

		if (same(route->name, name))
			return route->wait;
	}
	return 0;
}

/* A new reference: the message, or null where the kind has none to show.
 * *reference: what the next one in its lane would know of it. */
static json_t *
message_of(const struct dryrun *d, const struct claimed *claimed, int64_t now_ms,
           json_t **reference, struct err *fault)
{
	const struct conf_sink *sink =
		claimed->sink != NULL ? conf_sink_named(d->conf, claimed->sink) : NULL;
	const struct sink_kind *kind = sink_kind_named(claimed->sink_kind);
	const struct message message = {
		.id = claimed->notification_id,
		.revision = claimed->revision,
		.document = claimed->document,
		.plain = claimed->plain,
		.speaks = claimed->speaks,
		.attempt_at_ms = now_ms,
		.recipients = claimed->recipients,
		.reference = claimed->reference,
		.target = claimed->target,
	};
	char *text;
	json_t *out;

	if (sink == NULL || kind == NULL || kind->show == NULL)
		return json_null();
	text = kind->show(sink->options, json_text_at(claimed->document, "team"), d->templates,
	                  &message, reference, fault);
	out = json_text_or_null(text);
	free(text);
	return out;
}

static json_t *
delivery_of(const struct dryrun *d, struct claimed *claimed, bool blocked, int64_t now_ms,
            json_t **reference)
{
	const json_t *document = claimed->document;
	struct err fault = {""};
	json_t *message = message_of(d, claimed, now_ms, reference, &fault);
	const char *to = claimed->sink == NULL ? claimed->destination : NULL;
	int64_t held = claimed->held_until > now_ms ? claimed->held_until : 0;

	return json_pack("{s:s?, s:s, s:s?, s:s?, s:s?, s:s?, s:s, s:I, s:b, s:I, s:o, s:s?, s:s?,"
	                 " s:o, s:O}",
	                 "sink", claimed->sink, "kind", claimed->sink_kind, "to", to, "route",
	                 json_text_at(document, "route"), "team", json_text_at(document, "team"),
	                 "reason", json_text_at(document, "reason"), "notification",
	                 claimed->notification_id, "revision", (json_int_t)claimed->revision,
	                 "blocked", blocked, "wait_ms", (json_int_t)wait_of(d->conf, document),
	                 "held_until", json_time_or_null(held), "held_by",
	                 held > 0 ? claimed->held_by : NULL, "fault",
	                 fault.text[0] != '\0' ? fault.text : NULL, "message", message, "document",
	                 document);
}

static void
note_outgoing(struct outgoing *out, const struct claimed *claimed)
{
	const json_t *document = claimed->document;

	out->items = mem_grow(out->items, out->count + 1, sizeof(*out->items));
	out->items[out->count++] =
		(struct went){.incident = mem_str(json_text_at(document, "incident.id")),
	                      .team = mem_str(json_text_at(document, "team")),
	                      .destination = mem_str(claimed->destination),
	                      .sink = mem_str(claimed->sink)};
}

/* It counts as sent. */
static int
settle(struct dryrun *d, const struct claimed *claimed, const json_t *reference, int64_t now_ms,
       struct err *err)
{
	char *text = reference != NULL ? json_dumps(reference, JSON_COMPACT) : NULL;
	const struct settlement settlement = {
		.delivery_id = claimed->id, .settle = SETTLE_SENT, .code = 200, .reference = text};
	int rc = queue_settle(d->db, &settlement, now_ms, err);

	free(text);
	return rc;
}

static int
add_delivery(struct dryrun *d, const char *id, int64_t now_ms, json_t *list, struct outgoing *out,
             struct err *err)
{
	struct claimed claimed;
	struct destination_state state;
	json_t *reference = NULL;
	int rc = queue_claim_one(d->db, id, now_ms, &claimed, err);

	if (rc != 1)
		return rc;
	if (queue_destination_get(d->db, claimed.destination, &state, err) < 0) {
		claimed_fini(&claimed);
		return -1;
	}
	json_array_append_new(list, delivery_of(d, &claimed, state.blocked, now_ms, &reference));
	note_outgoing(out, &claimed);
	rc = settle(d, &claimed, reference, now_ms, err);
	json_decref(reference);
	claimed_fini(&claimed);
	return rc;
}

/* ---- who hears nothing ---- */

/* The sink through which this audience is told at the same address. */
static const struct went *
went_to(const struct outgoing *out, const char *incident, const char *team, const char *destination)
{
	for (size_t i = 0; i < out->count; i++)
		if (same(out->items[i].incident, incident) && same(out->items[i].team, team) &&
		    same(out->items[i].destination, destination))
			return &out->items[i];
	return NULL;
}

static void
add_quiet(struct dryrun *d, const char *incident, const json_t *step, const struct outgoing *out,
          json_t *quiet)
{
	const char *sink = json_text_at(step, "sink"), *team = json_text_at(step, "team");
	char *destination = address_of_sink(conf_sink_named(d->conf, sink), team);
	const struct went *went =
		destination != NULL ? went_to(out, incident, team, destination) : NULL;
	char *why = NULL;

	if (destination == NULL)
		why = mem_str("its address needs a team, and there is none");
	else if (went == NULL)
		why = mem_str("it was told all of this, or what changed rides with its next "
		              "message");
	else if (!same(went->sink, sink))
		why = mem_fmt("the same destination as %s", went->sink);
	if (why != NULL)
		json_array_append_new(quiet,
		                      json_pack("{s:s, s:s?, s:s, s:s}", "sink", sink, "team", team,
		                                "incident", incident, "why", why));
	free(why);
	free(destination);
}

static json_t *
quiet_ones(struct dryrun *d, const json_t *incidents, const struct outgoing *out)
{
	json_t *quiet = json_array();
	const json_t *one, *route, *step;
	size_t i, k, n;

	json_array_foreach(incidents, i, one)
	{
		const char *id = json_text_at(one, "incident.id");

		json_array_foreach(json_object_get(one, "routes"), k, route)
		{
			json_array_foreach(json_object_get(route, "steps"), n, step)
			{
				if (same(json_text_at(step, "fate"), "tells"))
					add_quiet(d, id, step, out, quiet);
			}
		}
	}
	return quiet;
}

/* ---- all ---- */

static int
by_id(const void *a, const void *b)
{
	return strcmp(a, b);
}

int
dryrun_deliveries(struct dryrun *d, const struct pending_ids *before, const json_t *incidents,
                  int64_t now_ms, json_t *report, struct err *err)
{
	struct pending_ids now;
	struct outgoing out = {0};
	json_t *list = json_array();
	int rc = queue_pending_ids(d->db, &now, err);

	for (size_t i = 0; rc == 0 && i < now.count; i++)
		if (before->count == 0 || bsearch(now.items[i], before->items, before->count,
		                                  sizeof(*before->items), by_id) == NULL)
			rc = add_delivery(d, now.items[i], now_ms, list, &out, err);
	json_object_set_new(report, "deliveries", list);
	if (rc == 0)
		json_object_set_new(report, "quiet", quiet_ones(d, incidents, &out));
	outgoing_fini(&out);
	free(now.items);
	return rc;
}

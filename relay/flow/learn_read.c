/*
 * learn_read.c - a document fetched and read by a helper process.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "relay/base/log.h"
#include "relay/base/mem.h"
#include "relay/flow/learn_parts.h"

/* A document that a helper dies of would do so each time. */
#define DEATHS_MOST 2

static enum learnt_end
learnt_end_of(enum fetch_end end)
{
	if (end == FETCH_READ)
		return LEARNT_READ;
	if (end == FETCH_UNFINISHED)
		return LEARNT_NOT_YET;
	return fetch_may_pass(end) ? LEARNT_LATER : LEARNT_NOTHING;
}

static void
end_answered(struct learning *learning, const struct helper_answer *answer)
{
	struct read_answer read;
	struct learnt learnt = {0};
	const struct learn_step *step = learn_step_of(learning->owed.kind);
	struct err err = {0};

	if (read_answer_read(&read, answer->data, answer->len, &err) < 0) {
		learning_fails(learning, LEARNT_NOTHING, "the reading helper's answer is none");
		return;
	}
	learnt.end = learnt_end_of(read.fetch.end);
	learnt.read = json_incref(read.reading);
	learnt.wait_ms = read.fetch.retry_after_ms;
	snprintf(learnt.why, sizeof(learnt.why), "%s", read.fetch.text);
	if (step->fetched)
		step->fetched(learning, &read.fetch, &learnt);
	log_info("read", "reading", learning->owed.id, "kind",
	         reading_kind_names[learning->owed.kind], "subject", learning->owed.subject,
	         "outcome", fetch_end_names[read.fetch.end], "bytes", LOG_NUM(read.fetch.bytes),
	         "ms", LOG_NUM(answer->elapsed_ms), "reason",
	         learnt.end == LEARNT_READ ? NULL : learnt.why, LOG_END);
	read_answer_fini(&read);
	learning_end(learning, &learnt);
}

static void
on_answer(const struct helper_answer *answer, void *arg)
{
	struct learning *learning = arg;

	learning->helper = NULL;
	if (answer->end == HELPER_ANSWERED) {
		end_answered(learning, answer);
		return;
	}
	log_warn("reading helper gave no answer", "reading", learning->owed.id, "reason",
	         answer->text, LOG_END);
	if (answer->end == HELPER_DIED && learning->owed.attempts >= DEATHS_MOST)
		learning_fails(learning, LEARNT_NOTHING,
		               "the document is more than the reading helper can take");
	else
		learning_fails(learning, LEARNT_LATER, answer->text);
}

int
learning_reading(const struct learning *learning, bool plan, struct reading *reading,
                 struct err *err)
{
	if (reading_take(json_incref(learning->learnt.read), reading, err) != 0)
		return -1;
	if (reading->is_plan != plan)
		return err_set(err, plan ? "what came is a state and no plan"
		                         : "what came is a plan and no state");
	return 0;
}

/* As image_types_read() of hcp/image_types.h takes them. */
static json_t *
types_of(const struct conf *conf)
{
	json_t *types = json_array();

	for (size_t i = 0; i < conf->image_attributes.count; i++) {
		const struct conf_image_attribute *row =
			conf_item(conf->image_attributes, struct conf_image_attribute, i);
		json_array_append_new(types,
		                      json_pack("{s:s, s:s, s:s}", "type", row->type, "attribute",
		                                row->attribute, "provider", row->provider));
	}
	return types;
}

void
learning_read(struct learning *learning, const struct fetch_request *request)
{
	struct read_job job = {.fetch = *request, .types = types_of(learning->conf)};
	struct buf text = {0};

	read_job_write(&job, &text);
	learning->helper = helper_start(learning->learn->helpers, READ_HELPER, text.data, text.len,
	                                request->deadline_ms + READ_GRACE_MS, on_answer, learning);
	mem_wipe_free(text.data, text.len); /* the bearer is in it */
	json_decref((json_t *)job.types);
}

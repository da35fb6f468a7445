/*
 * payload.h - what HCP would send for one line of a story.
 *
 * The shapes are those of "Webhook events" (HCP Packer) and "Notification
 * configurations" (HCP Terraform); ids and names are made from the story's
 * words, so that a golden file can be read without a table.
 */
#ifndef TESTS_FLOW_PAYLOAD_H
#define TESTS_FLOW_PAYLOAD_H

#include <jansson.h>

#include "tests/flow/story.h"

/* `number` of the event in its story, from 1: for ids that nothing else tells apart. */
typedef json_t *payload_fn(const struct story_line *, int64_t now_ms, int number);

struct payload_verb {
	const char *word;
	const char *source_kind; /* "hcp_packer" */
	payload_fn *compose;
};

/* NULL when the line is not about an event. */
const struct payload_verb *payload_verb_of(const char *word);

payload_fn payload_packer;
payload_fn payload_run;
payload_fn payload_assessment;
payload_fn payload_reminder;
payload_fn payload_destroyed;
payload_fn payload_change_request;
payload_fn payload_deleted;

json_t *payload_time(int64_t ms); /* 0 is null */
json_t *payload_text_take(char *);

#endif

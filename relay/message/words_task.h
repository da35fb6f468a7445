/*
 * words_task.h - what a run is told of the images of its plan: the message beside
 * it and the outcomes below that (HCP Terraform, "Run tasks integration", "Run
 * task callback").
 *
 * Plain text and Markdown, in English, the fact first.  Pure: the same rows give the
 * same words.
 */
#ifndef RELAY_MESSAGE_WORDS_TASK_H
#define RELAY_MESSAGE_WORDS_TASK_H

#include <jansson.h>

/* What stands in the way of an image, the worst last. */
enum task_image_state {
	TASK_IMAGE_VALID,
	TASK_IMAGE_UNKNOWN,    /* which version it is, or will be, is not known */
	TASK_IMAGE_SUPERSEDED, /* its channel has moved on */
	TASK_IMAGE_SCHEDULED,  /* to be revoked */
	TASK_IMAGE_DELETED,
	TASK_IMAGE_REVOKED,
	TASK_IMAGE_STATES
};
extern const char *const task_image_state_names[TASK_IMAGE_STATES];

/*
 * One version of a bucket that a plan is about to run, as a row:
 *
 *	state      of task_image_state_names
 *	image      contract 7, as far as it is known
 *	channel    that the plan takes it from, or null
 *	instances  how many
 *	regions    [text]
 *	addresses  [text], the first of them
 *	fresh      something is created or replaced to run it
 *	behind     {channel, version, versions, since}: null but for SUPERSEDED; what
 *	           its channel has now, how many versions that is ahead and since when
 *	           (both may be null)
 *	url        of the incident about it, or null
 */
enum task_image_state task_image_state_of(const json_t *row);

/*
 * "2 images, 1 revoked: base-ubuntu v3 (CVE-2024-3094), move to v4 on production."
 * elsewhere: images that no bucket is known to have; wrong_channel: those that come
 * from a channel that the policy does not take.  The caller frees.
 */
char *words_task_message(const json_t *rows, int64_t elsewhere, int64_t wrong_channel);

/* [{id, description, body, status, level}], one for each row, the worst first; `id` is
 * told apart from the others and at most 64 characters.  New reference. */
json_t *words_task_outcomes(const json_t *rows);

#endif

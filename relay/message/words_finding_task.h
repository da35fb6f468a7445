/*
 * words_finding_task.h - what a run is told of findings (flow/findings.h) about the images
 * of its plan: advice, which fails no run.  Pure.
 */
#ifndef RELAY_MESSAGE_WORDS_FINDING_TASK_H
#define RELAY_MESSAGE_WORDS_FINDING_TASK_H

#include <jansson.h>

/*
 * Appends to outcomes of a run task, {id, description, body, status, level, url}: one
 * of the images that no bucket knows and one of those of a wrong channel, where
 * there are such.  `body` is Markdown in which names stand as code.
 */
void words_finding_outcomes(const json_t *untracked, const json_t *wrong_channel, json_t *outcomes);

#endif

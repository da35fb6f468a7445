/*
 * kinds.h - the rows of the table in sink.c; for that file and the tests.
 */
#ifndef SINKS_KINDS_H
#define SINKS_KINDS_H

#include "sinks/sink.h"

extern const struct sink_kind sink_slack;
extern const struct sink_kind sink_webhook;
extern const struct sink_kind sink_email;
extern const struct sink_kind sink_task_callback;

#endif

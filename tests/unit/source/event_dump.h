/*
 * event_dump.h - an event as JSON, for people and golden cases.
 */
#ifndef TESTS_UNIT_SOURCE_EVENT_DUMP_H
#define TESTS_UNIT_SOURCE_EVENT_DUMP_H

#include <jansson.h>

#include "relay/model/event.h"

/* Only what its type fills; absent things are left out.  A new reference. */
json_t *event_dump(const struct event *);
const char *event_type_name(enum event_type);

#endif

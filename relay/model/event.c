#include "relay/model/event.h"

#include <stdlib.h>
#include <string.h>

void
event_fini(struct event *event)
{
	/* The casts: these are owned, and const for everyone else. */
	free((char *)event->kind);
	free((char *)event->workspace.host);
	free((char *)event->workspace.url);
	json_decref(event->packer.artifacts);
	free(event->runs);
	json_decref(event->made);
	json_decref(event->body);
	memset(event, 0, sizeof(*event));
}

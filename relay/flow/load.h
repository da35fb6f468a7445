/*
 * load.h - the config and the templates, which only fit or fail together.
 */
#ifndef RELAY_FLOW_LOAD_H
#define RELAY_FLOW_LOAD_H

#include "relay/base/buf.h"
#include "relay/config/conf.h"
#include "relay/message/templates.h"

struct loaded {
	struct conf *conf;
	struct templates *templates;
};

/*
 * Loads the config at `path`, the templates of the folder it names, and checks
 * that the templates its sinks name are there.  0 and one reference of each;
 * or -1 and both NULL.  `report` gets every fault and warning of both, one a
 * line, as conf_load() and templates_load() write them.  Where the config has
 * faults its templates are checked all the same.
 */
int relay_load(struct loaded *, const char *path, const struct conf_kinds *,
               struct buf *report) MUST_CHECK;
void loaded_release(struct loaded *); /* of nothing is fine */

#endif

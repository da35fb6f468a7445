#include "relay/command/kinds.h"

#include "relay/model/kind.h"
#include "relay/source/source.h"
#include "sinks/sink.h"

const struct conf_kinds command_kinds = {
	.sources = source_conf_kinds,
	.sinks = sink_conf_kinds,
	.incident_kinds = incident_kind_words,
};

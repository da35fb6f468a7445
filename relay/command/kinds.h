/*
 * kinds.h - what the config may name: the kinds of this binary.
 */
#ifndef RELAY_COMMAND_KINDS_H
#define RELAY_COMMAND_KINDS_H

#include "relay/config/conf.h"

extern const struct conf_kinds command_kinds;

#endif

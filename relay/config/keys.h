/*
 * keys.h - the table of every key of the configuration, but for those of the
 * kinds of sources and sinks.
 */
#ifndef RELAY_CONFIG_KEYS_H
#define RELAY_CONFIG_KEYS_H

#include "relay/config/key.h"

#define SQLITE_PREFIX "sqlite:"

extern const struct key conf_keys[];            /* fills struct conf */
extern const struct key conf_match_keys[];      /* fills struct conf_match */
extern const struct key conf_weekly_keys[];     /* fills struct conf_weekly */
extern const char *const conf_severity_words[]; /* ended by NULL */

#endif

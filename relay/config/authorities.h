/*
 * authorities.h - files of certificates that are trusted instead of the system's.
 */
#ifndef RELAY_CONFIG_AUTHORITIES_H
#define RELAY_CONFIG_AUTHORITIES_H

#include "relay/config/section.h"

/* Tells of the file that `key` names, NULL being none, why no peer could be trusted by it. */
void authorities_check(const char *key, const char *path, const struct section *);

#endif

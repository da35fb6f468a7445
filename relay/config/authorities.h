/*
 * authorities.h - files of certificates that are trusted instead of the system's.
 */
#ifndef RELAY_CONFIG_AUTHORITIES_H
#define RELAY_CONFIG_AUTHORITIES_H

/* Of the file that `key` names, NULL being none: why no peer could be trusted by
 * it, as a sentence the caller frees; NULL when there is a certificate in it. */
char *authorities_fault(const char *key, const char *path);

#endif

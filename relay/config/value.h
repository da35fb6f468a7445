/*
 * value.h - one value of the file into one field of a struct, by the row's type.
 */
#ifndef RELAY_CONFIG_VALUE_H
#define RELAY_CONFIG_VALUE_H

#include <stdbool.h>

#include "relay/config/key.h"
#include "relay/config/yaml.h"

#define VALUE_LENGTH_MAX 4096 /* bytes of one text */
#define PATTERN_LENGTH_MAX 256

/* The types of one text: TEXT to CHOICE. */
bool value_is_single(enum key_type);
/* The types of a list of texts: TEXTS, GLOBS, DURATIONS. */
bool value_is_many(enum key_type);

/*
 * A node of NODE_TEXT into the field; relative paths are taken from `folder`
 * (absolute).  NULL when fine, else a fault's text, to follow the key's name,
 * that the caller frees; the field is then as it was.
 */
char *value_set(const struct key *, const struct node *, const char *folder, void *field);
/* The same for the i-th item of a list that has room for it already. */
char *value_set_item(const struct key *, const struct node *, void *field, size_t i);

/* folder/path, or path where that is absolute.  The caller frees. */
char *value_path(const char *folder, const char *path);
/* Is this KEY_ADDRESS reached from this machine only? */
bool value_address_is_local(const char *address);
/* Can only one listener have these two?  Hosts are compared as they are written. */
bool value_addresses_clash(const char *, const char *);

#endif

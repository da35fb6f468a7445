/*
 * yaml.h - a config file as a tree of nodes that know their place.
 *
 * YAML is read with libfyaml's event parser, so what we do not want (anchors,
 * aliases, tags, a second document, deep nesting) is refused where it stands,
 * before anything could be expanded or built from it.  JSON is YAML.
 */
#ifndef RELAY_CONFIG_YAML_H
#define RELAY_CONFIG_YAML_H

#include <stdbool.h>
#include <stddef.h>

#include "relay/config/faults.h"

#define YAML_DEPTH_MAX 32

enum node_type {
	NODE_TEXT,  /* a scalar: `text` */
	NODE_EMPTY, /* nothing, `~` or `null` */
	NODE_LIST,  /* `count` items */
	NODE_MAP,   /* `count` items: key, value, key, value, ... */
	NODE_BAD    /* an alias, or refused since: its fault is told, nothing more to say */
};

struct node {
	enum node_type type;
	int line, column; /* from 1 */
	bool plain;       /* TEXT: not quoted, so it may be a number or true */
	char *text;       /* TEXT; terminated, without NUL bytes */
	struct node *items;
	size_t count;
};

/*
 * Read `len` bytes.  NULL when there is no tree (not YAML, empty, too large):
 * the faults say why.  Faults can also come with a tree.
 */
struct node *yaml_read(const char *text, size_t len, struct faults *);
void yaml_free(struct node *); /* wiped: somebody may have put a secret there */

/* The value of a key, the first where it stands twice; NULL when absent or not a map. */
const struct node *yaml_get(const struct node *map, const char *key);
/* The i-th item of a list; NULL when it is not a list or shorter. */
const struct node *yaml_item(const struct node *list, size_t i);
/* "a map", "a list", ... for messages. */
const char *yaml_type_name(const struct node *);

#endif

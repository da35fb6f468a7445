/*
 * json_template_nodes.h - a structural template as it is compiled: private to
 * json_template_compile.c, which builds the tree, and json_template_render.c.
 */
#ifndef RELAY_MESSAGE_JSON_TEMPLATE_NODES_H
#define RELAY_MESSAGE_JSON_TEMPLATE_NODES_H

#include "relay/message/json_template.h"

enum json_node_type {
	JSON_NODE_VALUE, /* a number, true, false, null: `value` */
	JSON_NODE_TEXT,  /* `part` */
	JSON_NODE_LIST,  /* `count` items */
	JSON_NODE_MAP,   /* `count` items with a name each */
	JSON_NODE_EACH,  /* `path`; items[0] is $do */
	JSON_NODE_IF,    /* `path`; items[0] is $then, items[1], where it is there, $else */
	JSON_NODE_COPY   /* `path`: $json */
};

struct json_node {
	enum json_node_type type;
	char *name; /* of a member of a JSON_NODE_MAP; else NULL */
	char *path;
	json_t *value;
	size_t part;
	struct json_node *items;
	size_t count;
	bool omit_empty;
};

/* A string of the file. */
struct json_part {
	struct template *template;
	struct template_place place;     /* where the string begins */
	struct template_place *partials; /* where each of its partials is named */
};

struct json_template {
	struct json_node root;
	struct json_part *parts;
	size_t part_count, part_cap;
};

#endif

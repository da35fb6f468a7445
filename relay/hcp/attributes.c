#include "relay/hcp/attributes.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "relay/base/mem.h"

struct node {
	int parent;
	bool leaf;
	char *name;
	size_t len;
};

struct attributes {
	struct node *nodes;
	size_t count;
	int *slots; /* nodes by parent and name; 0 = free, for the root is nobody's child */
	size_t slot_count;
};

static size_t
slot_of(const struct attributes *tree, int parent, const char *name, size_t len)
{
	uint64_t hash = (uint64_t)parent * UINT64_C(0x9e3779b97f4a7c15);

	for (size_t i = 0; i < len; i++)
		hash = (hash ^ (unsigned char)name[i]) * UINT64_C(0x100000001b3);
	return (size_t)(hash >> 20) & (tree->slot_count - 1);
}

static bool
is_at(const struct attributes *tree, int node, int parent, const char *name, size_t len)
{
	const struct node *at = &tree->nodes[node];

	return at->parent == parent && at->len == len && memcmp(at->name, name, len) == 0;
}

/* The slot of a child, or the free one it would have. */
static int *
find(const struct attributes *tree, int parent, const char *name, size_t len)
{
	size_t i = slot_of(tree, parent, name, len);

	while (tree->slots[i] != 0 && !is_at(tree, tree->slots[i], parent, name, len))
		i = (i + 1) & (tree->slot_count - 1);
	return &tree->slots[i];
}

static void
rehash(struct attributes *tree)
{
	free(tree->slots);
	tree->slot_count = tree->slot_count == 0 ? 1024 : tree->slot_count * 2;
	tree->slots = mem_array(tree->slot_count, sizeof(*tree->slots));
	for (size_t i = 1; i < tree->count; i++) {
		const struct node *node = &tree->nodes[i];

		*find(tree, node->parent, node->name, node->len) = (int)i;
	}
}

static int
add_node(struct attributes *tree, int parent, const char *name, size_t len)
{
	int node = (int)tree->count++;

	tree->nodes = mem_grow(tree->nodes, tree->count, sizeof(*tree->nodes));
	tree->nodes[node] =
		(struct node){.parent = parent, .name = mem_strn(name, len), .len = len};
	return node;
}

struct attributes *
attributes_new(void)
{
	struct attributes *tree = mem_alloc(sizeof(*tree));

	add_node(tree, ATTRIBUTE_NONE, "", 0);
	rehash(tree);
	return tree;
}

void
attributes_free(struct attributes *tree)
{
	if (tree == NULL)
		return;
	for (size_t i = 0; i < tree->count; i++)
		free(tree->nodes[i].name);
	free(tree->nodes);
	free(tree->slots);
	free(tree);
}

int
attributes_add(struct attributes *tree, const char *path)
{
	int node = ATTRIBUTE_ROOT;

	while (*path != '\0') {
		size_t whole = strcspn(path, "."), len = strcspn(path, ".[");

		if (len > 0) {
			int *slot = find(tree, node, path, len);

			if (*slot == 0)
				*slot = add_node(tree, node, path, len);
			node = *slot;
			if (tree->count * 2 > tree->slot_count)
				rehash(tree);
		}
		path += whole + (path[whole] == '.');
	}
	if (node != ATTRIBUTE_ROOT)
		tree->nodes[node].leaf = true;
	return node;
}

int
attributes_find(const struct attributes *tree, const char *path)
{
	int node = ATTRIBUTE_ROOT;

	while (*path != '\0' && node != ATTRIBUTE_NONE) {
		size_t whole = strcspn(path, "."), len = strcspn(path, ".[");

		if (len > 0)
			node = attributes_step(tree, node, path, len);
		path += whole + (path[whole] == '.');
	}
	return node;
}

int
attributes_step(const struct attributes *tree, int node, const char *name, size_t len)
{
	int child = *find(tree, node, name, len);

	return child != 0 ? child : ATTRIBUTE_NONE;
}

bool
attributes_is_leaf(const struct attributes *tree, int node)
{
	return tree->nodes[node].leaf;
}

bool
attributes_covers(const struct attributes *tree, int node, int below)
{
	while (below != ATTRIBUTE_NONE && below != node)
		below = tree->nodes[below].parent;
	return below == node;
}

const char *
attributes_first_name(const struct attributes *tree, int node)
{
	while (tree->nodes[node].parent > ATTRIBUTE_ROOT)
		node = tree->nodes[node].parent;
	return tree->nodes[node].name;
}

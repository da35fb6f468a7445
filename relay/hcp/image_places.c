#include <stdlib.h>
#include <string.h>

#include "relay/base/mem.h"
#include "relay/hcp/reader_internal.h"

static int
compare_places(const void *a, const void *b)
{
	const struct image_place *left = a, *right = b;
	int order = strcmp(left->type, right->type);

	return order != 0 ? order : left->node - right->node;
}

static void
add_types(struct image_places *places, struct attributes *attributes,
          const struct image_types *types)
{
	for (size_t i = 0; i < types->count; i++) {
		const struct image_type *row = &types->rows[i];
		int node = attributes_add(attributes, row->attribute);

		if (node != ATTRIBUTE_ROOT)
			places->items[places->count++] = (struct image_place){
				mem_str(row->type), mem_str(row->provider), node};
	}
}

void
image_places_init(struct image_places *places, struct attributes *attributes,
                  const struct image_types *more)
{
	size_t most = image_types_known.count + (more != NULL ? more->count : 0);

	*places = (struct image_places){.items = mem_array(most, sizeof(*places->items))};
	add_types(places, attributes, &image_types_known);
	if (more != NULL)
		add_types(places, attributes, more);
	qsort(places->items, places->count, sizeof(*places->items), compare_places);
}

void
image_places_fini(struct image_places *places)
{
	for (size_t i = 0; i < places->count; i++) {
		free(places->items[i].type);
		free(places->items[i].provider);
	}
	free(places->items);
}

const struct image_place *
image_places_of(const struct image_places *places, const char *type, size_t *count)
{
	size_t low = 0, high = places->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (strcmp(places->items[middle].type, type) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	*count = 0;
	while (low + *count < places->count && strcmp(places->items[low + *count].type, type) == 0)
		(*count)++;
	return &places->items[low];
}

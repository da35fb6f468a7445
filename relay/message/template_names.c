#include "relay/message/template_internal.h"

void
template_each_name(const struct template *template, template_name_fn *fn, void *arg)
{
	for (size_t i = 0; i < template->node_count; i++) {
		const struct template_node *node = &template->nodes[i];

		if (node->type == TEMPLATE_VALUE || node->type == TEMPLATE_SECTION ||
		    node->type == TEMPLATE_INVERTED)
			fn(node->span.text, node->span.len, node->place, arg);
	}
}

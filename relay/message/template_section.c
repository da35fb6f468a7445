/* Sections, while a template is compiled: what is open, and what ends it. */
#include <stdlib.h>

#include "relay/base/mem.h"
#include "relay/message/template_internal.h"

void
section_begin(struct parser *p, const struct tag *tag, bool begins_line)
{
	struct template *t = p->t;
	struct template_node *node;

	tag_name(p, tag->body);
	if (p->depth == TEMPLATE_DEPTH_MAX)
		parser_fault(p, tag->begin, "sections are nested more than %d deep",
		             TEMPLATE_DEPTH_MAX);
	if (p->depth == p->depth_cap) {
		p->depth_cap = p->depth_cap > 0 ? 2 * p->depth_cap : TEMPLATE_DEPTH_MAX;
		p->sections = mem_grow(p->sections, p->depth_cap, sizeof(*p->sections));
	}
	html_context_section(&p->html);
	p->sections[p->depth++] = (struct open_section){t->node_count, p->html};
	node = template_add(t, tag->sigil == '#' ? TEMPLATE_SECTION : TEMPLATE_INVERTED,
	                    begins_line);
	node->span = tag->body;
	node->place = parser_place(p, tag->begin);
}

static void
close_section(struct parser *p)
{
	struct open_section *section = &p->sections[--p->depth];

	p->t->nodes[section->node].end = p->t->node_count;
}

/* The open section of this name, 0 when there is none, else 1 more than its index. */
static size_t
find_section(const struct parser *p, struct span name)
{
	for (size_t i = p->depth; i > 0; i--)
		if (span_equal(p->t->nodes[p->sections[i - 1].node].span, name))
			return i;
	return 0;
}

static void
check_join(struct parser *p, const struct tag *tag)
{
	if (parser_checks_html(p) && !html_context_join(&p->html, &p->sections[p->depth - 1].html))
		parser_fault(p, tag->begin,
		             "the section must end where it began: in the same text, tag or "
		             "attribute");
}

void
section_end(struct parser *p, const struct tag *tag)
{
	size_t found = find_section(p, tag->body);
	char *name = span_quote(tag->body);

	if (p->depth == 0) {
		parser_fault(p, tag->begin, "no section is open that %s could end", name);
	} else if (found < p->depth) {
		const struct template_node *open = &p->t->nodes[p->sections[p->depth - 1].node];
		char *other = span_quote(open->span);
		parser_fault(p, tag->begin, "%s ends here, but the section %s of %d:%d is open",
		             name, other, open->place.line, open->place.column);
		free(other);
	} else {
		check_join(p, tag);
	}
	/* One told is not told again for those that it leaves open. */
	while (found > 0 && p->depth >= found)
		close_section(p);
	free(name);
}

void
sections_end(struct parser *p)
{
	for (size_t i = 0; i < p->depth; i++) {
		const struct template_node *open = &p->t->nodes[p->sections[i].node];
		char *name = span_quote(open->span);
		faults_add(p->faults, open->place.line, open->place.column,
		           "the section %s has no end", name);
		free(name);
	}
}

#include "relay/hcp/address.h"

#include <string.h>

#include "relay/base/mem.h"

/* Behind an index: its key may hold brackets, and quotes behind backslashes. */
static const char *
behind_index(const char *at)
{
	bool quoted = false;

	for (at++; *at != '\0'; at++) {
		if (quoted && *at == '\\' && at[1] != '\0')
			at++;
		else if (*at == '"')
			quoted = !quoted;
		else if (!quoted && *at == ']')
			return at + 1;
	}
	return at;
}

void
address_config(struct buf *out, const char *address)
{
	while (*address != '\0') {
		size_t n = strcspn(address, "[");

		buf_add(out, address, n);
		address += n;
		if (*address == '[')
			address = behind_index(address);
	}
}

/* As HCL quotes a text: also what would begin a template. */
static void
add_quoted(struct buf *out, const char *key)
{
	buf_putc(out, '"');
	for (const char *p = key; *p != '\0'; p++) {
		if (*p == '"' || *p == '\\')
			buf_putc(out, '\\');
		if (*p == '\n')
			buf_puts(out, "\\n");
		else if (*p == '\t')
			buf_puts(out, "\\t");
		else
			buf_putc(out, *p);
		if ((*p == '$' || *p == '%') && p[1] == '{')
			buf_putc(out, *p);
	}
	buf_putc(out, '"');
}

void
address_compose(struct buf *out, const struct address_parts *parts)
{
	if (parts->module != NULL)
		buf_printf(out, "%s.", parts->module);
	buf_printf(out, "%s%s.%s", parts->is_data ? "data." : "", parts->type, parts->name);
	if (parts->index == NULL)
		return;
	buf_putc(out, '[');
	if (parts->index_is_number)
		buf_puts(out, parts->index);
	else
		add_quoted(out, parts->index);
	buf_putc(out, ']');
}

bool
type_is_packer(const char *type)
{
	static const char *const types[] = {"hcp_packer_version", "hcp_packer_artifact",
	                                    "hcp_packer_iteration", "hcp_packer_image",
	                                    "hcp_packer_image_iteration"};

	for (size_t i = 0; i < COUNT(types); i++)
		if (strcmp(types[i], type) == 0)
			return true;
	return false;
}

bool
address_is_packer(const char *address)
{
	static const char data[] = "data.hcp_packer_";
	const char *found = strstr(address, data);

	while (found != NULL && found != address && found[-1] != '.')
		found = strstr(found + 1, data);
	return found != NULL;
}

bool
address_reference(struct buf *out, const char *reference)
{
	struct buf plain = {0};
	size_t parts, dots = 0, len = 0;

	address_config(&plain, reference);
	const char *text = buf_text(&plain);

	if (strncmp(text, "var.", 4) == 0)
		parts = 2;
	else if (strncmp(text, "module.", 7) == 0 || strncmp(text, "data.hcp_packer_", 16) == 0)
		parts = 3;
	else
		parts = 0;
	while (text[len] != '\0' && !(text[len] == '.' && ++dots == parts))
		len++;
	bool whole = parts > 0 && (dots == parts || dots + 1 == parts) && text[len - 1] != '.';

	if (whole)
		buf_add(out, text, len);
	buf_fini(&plain);
	return whole;
}

bool
address_before(const char *a, const char *b)
{
	int order = strverscmp(a, b);

	return order < 0;
}

#include "relay/hcp/item.h"

#include <stdlib.h>
#include <string.h>

#include "relay/base/mem.h"
#include "relay/base/text.h"

void
item_fini(struct item *item)
{
	buf_fini(&item->text);
	free(item->notes);
	free(item->instances);
	memset(item, 0, sizeof(*item));
}

void
item_reset(struct item *item)
{
	buf_reset(&item->text);
	buf_putc(&item->text, '\0'); /* so that no text is at 0 */
	memset(item->field, 0, sizeof(item->field));
	item->index_is_number = false;
	item->actions = 0;
	item->note_count = item->first_note = item->instance_count = 0;
	item->cut = false;
}

const char *
item_text(const struct item *item, size_t offset)
{
	return offset != 0 ? item->text.data + offset : NULL;
}

const char *
item_field(const struct item *item, enum item_field field)
{
	const char *text = item_text(item, item->field[field]);

	return text != NULL && text[0] != '\0' ? text : NULL;
}

bool
item_is(const struct item *item, enum item_field field, const char *value)
{
	const char *text = item_field(item, field);

	return text != NULL && strcmp(text, value) == 0;
}

size_t
item_bytes(const struct item *item)
{
	return item->text.len + item->note_count * sizeof(*item->notes) +
	       item->instance_count * sizeof(*item->instances);
}

static bool
has_control(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)text[i] < ' ' && text[i] != '\n' && text[i] != '\t')
			return true;
	return false;
}

size_t
item_keep(struct item *item, const char *text, size_t len, size_t max)
{
	size_t whole = 0;

	if (len > max) { /* a character cut off behind the limit is no fault of the text */
		for (size_t n; whole < max && (n = utf8_next(text + whole, len - whole)) != 0;) {
			if (whole + n > max)
				break;
			whole += n;
		}
		len = whole;
	}
	if (!utf8_valid(text, len) || has_control(text, len))
		return 0;
	if (item_bytes(item) + len > ITEM_BYTES_MAX) {
		item->cut = true;
		return 0;
	}
	size_t offset = item->text.len;

	buf_add(&item->text, text, len);
	buf_putc(&item->text, '\0');
	return offset;
}

void
item_set(struct item *item, enum item_field field, const char *text, size_t len)
{
	item->field[field] = item_keep(item, text, len, ITEM_TEXT_MAX);
}

void
item_note(struct item *item, struct note note)
{
	if (item_bytes(item) + sizeof(note) > ITEM_BYTES_MAX) {
		item->cut = true;
		return;
	}
	if (item->note_count == item->note_cap) {
		item->note_cap = item->note_cap == 0 ? 64 : item->note_cap * 2;
		item->notes = mem_grow(item->notes, item->note_cap, sizeof(*item->notes));
	}
	item->notes[item->note_count++] = note;
}

void
item_action(struct item *item, const char *text, size_t len)
{
	static const struct {
		const char *name;
		enum item_action action;
	} known[] = {
		{"no-op", ACTION_NOOP},    {"create", ACTION_CREATE}, {"read", ACTION_READ},
		{"update", ACTION_UPDATE}, {"delete", ACTION_DELETE}, {"forget", ACTION_FORGET},
	};

	for (size_t i = 0; i < COUNT(known); i++)
		if (strlen(known[i].name) == len && memcmp(known[i].name, text, len) == 0) {
			item->actions |= known[i].action;
			return;
		}
	item->actions |= ACTION_OTHER;
}

void
item_end_instance(struct item *item)
{
	if (item_bytes(item) + sizeof(*item->instances) > ITEM_BYTES_MAX) {
		item->cut = true;
		return;
	}
	if (item->instance_count == item->instance_cap) {
		item->instance_cap = item->instance_cap == 0 ? 16 : item->instance_cap * 2;
		item->instances =
			mem_grow(item->instances, item->instance_cap, sizeof(*item->instances));
	}
	item->instances[item->instance_count++] = (struct item_instance){
		.first_note = item->first_note,
		.end_note = item->note_count,
		.index = item->field[F_INDEX],
		.deposed = item->field[F_DEPOSED],
		.index_is_number = item->index_is_number,
	};
	item->first_note = item->note_count;
	item->field[F_INDEX] = item->field[F_DEPOSED] = 0;
	item->index_is_number = false;
}

void
item_drop_instances(struct item *item)
{
	struct buf fields = {0};

	buf_putc(&fields, '\0');
	for (int i = 0; i < F_COUNT; i++) {
		const char *text = item_text(item, item->field[i]);

		if (text != NULL) {
			item->field[i] = fields.len;
			buf_add(&fields, text, strlen(text) + 1);
		}
	}
	buf_fini(&item->text);
	item->text = fields;
	item->instance_count = item->note_count = item->first_note = 0;
}

/*
 * reader_items.c - what a whole element of the document is: an instance that
 * runs or is planned, a data source, a configured resource, drift, a check.
 */
#include <stdlib.h>
#include <string.h>

#include "relay/base/mem.h"
#include "relay/hcp/address.h"
#include "relay/hcp/reader_internal.h"

/* Enough for one resource's instances to be dealt with before the resource ends. */
#define PENDING_MAX (ITEM_BYTES_MAX / 2)

/* An element of a resource type or a Packer data source: what is common to it. */
struct subject {
	const char *type, *address;
	struct buf config, composed;
	bool planned, fresh, prior;
};

static void
add_depends(struct reader *reader, const struct item_instance *instance, const char *config)
{
	for (size_t i = instance->first_note; i < instance->end_note; i++) {
		const struct note *note = &reader->item.notes[i];
		const char *text = item_text(&reader->item, note->text);

		if (note->kind == NOTE_DEPEND && address_is_packer(text)) {
			struct buf to = {0};

			address_config(&to, text);
			facts_add_edge(&reader->facts, EDGE_DEPENDS, config, "", buf_text(&to));
			buf_fini(&to);
		}
	}
}

static const struct image_place *
place_at(const struct image_place *places, size_t count, int node)
{
	for (size_t i = 0; i < count; i++)
		if (places[i].node == node)
			return &places[i];
	return NULL;
}

static bool
is_repeated(const struct item *item, const struct item_instance *instance, size_t at)
{
	const char *text = item_text(item, item->notes[at].text);

	for (size_t i = instance->first_note; i < at; i++)
		if (item->notes[i].kind == NOTE_TEXT &&
		    item->notes[i].node == item->notes[at].node &&
		    strcmp(item_text(item, item->notes[i].text), text) == 0)
			return true;
	return false;
}

static void
add_use(struct reader *reader, const struct subject *subject, const struct image_place *place,
        const char *image)
{
	const struct group use = {
		.type = subject->type,
		.provider = place->provider,
		.config = buf_text(&subject->config),
		.image = image,
		.address = subject->address,
		.planned = subject->planned,
		.fresh = subject->fresh,
	};

	facts_add_use(&reader->facts, &use, subject->prior);
}

/* Each image that the instance has, once; where it has none yet, that it will. */
static void
add_images(struct reader *reader, const struct item_instance *instance,
           const struct subject *subject, const struct image_place *places, size_t count)
{
	const struct item *item = &reader->item;
	const struct image_place *unknown = NULL;
	size_t known = 0;

	for (size_t i = instance->first_note; i < instance->end_note; i++) {
		const struct note *note = &item->notes[i];

		if (note->kind == NOTE_UNKNOWN) {
			for (size_t p = 0; p < count; p++)
				if (attributes_covers(reader->attributes, note->node,
				                      places[p].node))
					unknown = &places[p];
			continue;
		}
		const struct image_place *place = place_at(places, count, note->node);

		if (note->kind != NOTE_TEXT || place == NULL ||
		    item_text(item, note->text)[0] == '\0')
			continue;
		if (known++ < 64 && !is_repeated(item, instance, i))
			add_use(reader, subject, place, item_text(item, note->text));
	}
	if (known == 0 && unknown != NULL && subject->planned)
		add_use(reader, subject, unknown, NULL);
}

static void
add_managed(struct reader *reader, const struct item_instance *instance, struct subject *subject)
{
	size_t count;
	const struct image_place *places = image_places_of(&reader->places, subject->type, &count);

	if (count == 0)
		return;
	if (reader->item.cut)
		reader->facts.partial = true;
	add_depends(reader, instance, buf_text(&subject->config));
	add_images(reader, instance, subject, places, count);
}

static void
add_data(struct reader *reader, const struct item_instance *instance, const struct subject *subject,
         enum packer_source source, bool in_change)
{
	const struct packer like = {
		.address = subject->address,
		.config = buf_text(&subject->config),
		.type = subject->type,
		.source = source,
		.in_change = in_change,
	};

	if (reader->item.cut)
		reader->facts.partial = true;
	packer_data_add(reader, instance, &like);
}

static void
subject_fini(struct subject *subject)
{
	buf_fini(&subject->config);
	buf_fini(&subject->composed);
}

/* A resource of state JSON, or of a plan's prior state. */
static void
end_resource(struct reader *reader)
{
	struct item *item = &reader->item;
	struct subject subject = {
		.type = item_field(item, F_TYPE),
		.address = item_field(item, F_ADDRESS),
		.prior = reader_section(reader) == P_PRIOR_STATE &&
	                 item_field(item, F_DEPOSED) == NULL,
	};

	if (subject.type == NULL || subject.address == NULL)
		return;
	item_end_instance(item);
	address_config(&subject.config, subject.address);
	if (item->instance_count == 0)
		reader->facts.partial = true;
	else if (item_is(item, F_MODE, "managed"))
		add_managed(reader, &item->instances[0], &subject);
	else if (item_is(item, F_MODE, "data") && type_is_packer(subject.type))
		add_data(reader, &item->instances[0], &subject, PACKER_READ, false);
	subject_fini(&subject);
}

/* All instances so far of one resource in a state file. */
static void
flush_raw(struct reader *reader)
{
	struct item *item = &reader->item;
	const char *type = item_field(item, F_TYPE), *name = item_field(item, F_NAME);
	bool data = item_is(item, F_MODE, "data");

	if (type == NULL || name == NULL || (data && !type_is_packer(type)) ||
	    (!data && !item_is(item, F_MODE, "managed")))
		return;
	for (size_t i = 0; i < item->instance_count; i++) {
		const struct item_instance *instance = &item->instances[i];
		const struct address_parts parts = {
			.module = item_field(item, F_MODULE),
			.type = type,
			.name = name,
			.index = item_text(item, instance->index),
			.is_data = data,
			.index_is_number = instance->index_is_number,
		};
		struct subject subject = {.type = type};

		address_compose(&subject.composed, &parts);
		subject.address = buf_text(&subject.composed);
		address_config(&subject.config, subject.address);
		if (data)
			add_data(reader, instance, &subject, PACKER_READ, false);
		else
			add_managed(reader, instance, &subject);
		subject_fini(&subject);
	}
}

/* Terraform writes what the resource is before its instances: very many are
 * dealt with on the way. */
static void
end_raw_instance(struct reader *reader)
{
	struct item *item = &reader->item;

	item_end_instance(item);
	if (item_bytes(item) < PENDING_MAX || item_field(item, F_TYPE) == NULL ||
	    item_field(item, F_NAME) == NULL || item_field(item, F_MODE) == NULL)
		return;
	flush_raw(reader);
	item_drop_instances(item);
}

static void
end_change(struct reader *reader)
{
	struct item *item = &reader->item;
	bool creates = item->actions & ACTION_CREATE;
	bool stays = creates || !(item->actions & (ACTION_DELETE | ACTION_FORGET));
	struct subject subject = {
		.type = item_field(item, F_TYPE),
		.address = item_field(item, F_ADDRESS),
		.planned = true,
		.fresh = creates,
	};

	if (subject.type == NULL || subject.address == NULL || item->field[F_DEPOSED] != 0)
		return;
	item_end_instance(item);
	if (item->instance_count == 0) {
		reader->facts.partial = true;
		return;
	}
	address_config(&subject.config, subject.address);
	if (item_is(item, F_MODE, "managed")) {
		reader->facts.managed_changes++;
		reader->facts.managed_staying += stays;
		if (stays)
			add_managed(reader, &item->instances[0], &subject);
		size_t count;

		(void)image_places_of(&reader->places, subject.type, &count);
		if (count > 0) {
			facts_mention(&reader->facts, subject.address);
			facts_mention(&reader->facts, item_field(item, F_PREVIOUS));
		}
	} else if (item_is(item, F_MODE, "data") && type_is_packer(subject.type) &&
	           item->actions & ACTION_READ) {
		bool checked = item_is(item, F_REASON, "read_because_check_nested");

		add_data(reader, &item->instances[0], &subject,
		         checked ? PACKER_CHECKED : PACKER_DEFERRED, true);
	}
	subject_fini(&subject);
}

/* Does an expression of this name give a resource's image? */
static bool
gives_image(const struct reader *reader, const struct image_place *places, size_t count,
            const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(attributes_first_name(reader->attributes, places[i].node), name) == 0)
			return true;
	return false;
}

static void
end_configured(struct reader *reader)
{
	const struct item *item = &reader->item;
	const char *address = item_field(item, F_ADDRESS), *type = item_field(item, F_TYPE);
	bool data = item_is(item, F_MODE, "data");
	size_t count = 0;

	if (address == NULL || type == NULL)
		return;
	const struct image_place *places = image_places_of(&reader->places, type, &count);

	if (data ? !type_is_packer(type) : count == 0)
		return;
	char *from = mem_fmt("%s%s%s", buf_text(&reader->module), reader->module.len > 0 ? "." : "",
	                     address);

	for (size_t i = 0; i < item->note_count; i++) {
		const struct note *note = &item->notes[i];
		const char *name = item_text(item, note->name);
		enum edge_kind kind = EDGE_OTHER;
		struct buf to = {0};

		if (note->kind != NOTE_REFERENCE || name == NULL)
			continue;
		if (data &&
		    (strcmp(name, "version_fingerprint") == 0 || strcmp(name, "iteration_id") == 0))
			kind = EDGE_VERSION;
		else if (!data && gives_image(reader, places, count, name))
			kind = EDGE_IMAGE;
		if (address_reference(&to, item_text(item, note->text)))
			facts_add_edge(&reader->facts, kind, from, buf_text(&reader->module),
			               buf_text(&to));
		buf_fini(&to);
	}
	free(from);
}

void
reader_end_reference(struct reader *reader, enum place place, const char *reference)
{
	bool argument = place == P_ARGUMENT_REFERENCE;
	size_t scope_len = reader->module.len;
	struct buf to = {0};

	if (argument) { /* written in the calling module */
		for (size_t i = reader->depth; i-- > 0;)
			if (reader->frames[i].place == P_CALL) {
				scope_len = reader->frames[i].module_len;
				break;
			}
	}
	if (address_reference(&to, reference)) {
		char *from = mem_fmt("%s %s.%s", buf_text(&reader->module),
		                     argument ? "var" : "output", reader->name);
		char *scope = mem_strn(buf_text(&reader->module), scope_len);

		facts_add_edge(&reader->facts, EDGE_PASSED, from, scope, buf_text(&to));
		free(from);
		free(scope);
	}
	buf_fini(&to);
}

void
reader_end_item(struct reader *reader, enum place place)
{
	switch (place) {
	case P_RESOURCE:
		end_resource(reader);
		break;
	case P_CHANGE:
		end_change(reader);
		break;
	case P_DRIFT:
		health_add_drift(&reader->health, &reader->item);
		break;
	case P_RAW_INSTANCE:
		end_raw_instance(reader);
		break;
	case P_RAW_RESOURCE:
		flush_raw(reader);
		break;
	case P_CFG_RESOURCE:
		end_configured(reader);
		break;
	case P_CHECK:
		health_add_check(&reader->health, &reader->item);
		break;
	default:
		break;
	}
}

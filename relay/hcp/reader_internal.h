/*
 * reader_internal.h - what the reader's files share.
 */
#ifndef RELAY_HCP_READER_INTERNAL_H
#define RELAY_HCP_READER_INTERNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "relay/hcp/attributes.h"
#include "relay/hcp/facts.h"
#include "relay/hcp/health.h"
#include "relay/hcp/image_types.h"
#include "relay/hcp/item.h"
#include "relay/hcp/json_stream.h"
#include "relay/hcp/places.h"

/* Where an image of a resource type is in the tree of attributes. */
struct image_place {
	char *type, *provider;
	int node;
};

struct image_places {
	struct image_place *items; /* sorted by type */
	size_t count;
};

void image_places_init(struct image_places *, struct attributes *, const struct image_types *more);
void image_places_fini(struct image_places *);
/* The first of a type and how many there are. */
const struct image_place *image_places_of(const struct image_places *, const char *type,
                                          size_t *count);

/* Where the facts of the Packer data sources are in the tree. */
void packer_places_add(struct attributes *);

/* An open object or array. */
struct frame {
	enum place place;
	int node;          /* in P_ATTRIBUTES and P_UNKNOWN */
	const char *key;   /* the step's own name, for errors; NULL when a document chose it */
	size_t index;      /* elements so far */
	size_t module_len; /* of the configuration's module path, before this */
	uint64_t hash, key_hash;
	bool array;
};

/* What the keys at the top were. */
struct seen {
	bool plan, state, raw, format, other;
	bool errored, complete, incomplete;
	long version;
	char format_version[16], terraform_version[32];
};

struct reader {
	struct json_stream *stream;
	struct attributes *attributes;
	struct image_places places;
	struct facts facts;
	struct health health;
	struct item item;
	struct seen seen;
	struct frame *frames;  /* JSON_STREAM_DEPTH_MAX of them */
	size_t depth, passing; /* passing: open objects and arrays of no interest */
	struct frame next;     /* of the value that a key announced */
	char name[256];        /* of the attribute, variable or output that is open */
	struct buf module;     /* configuration: "module.a.module.b" */
	uint64_t bytes;
};

/* What the parser calls; the argument is the reader. */
extern const struct json_events reader_events;

/* In which part of the document: the place of the value at the top. */
enum place reader_section(const struct reader *);
/* An element is whole. */
void reader_end_item(struct reader *, enum place);
/* Texts of a configuration that are about the module and not about a resource. */
void reader_end_reference(struct reader *, enum place, const char *reference);

/* A data source's facts: one or, of hcp_packer_image_iteration, several packers. */
void packer_data_add(struct reader *, const struct item_instance *, const struct packer *like);

#endif

/*
 * facts.h - what the reader keeps of a document until its end.
 *
 * Bounded by FACTS_BYTES_MAX: instances are counted by what they have in
 * common, and when the bound is reached they lose their address and ties, then
 * are left out; `partial` says so.  All texts are kept once (strings.h), so
 * equal ones have equal pointers.
 */
#ifndef RELAY_HCP_FACTS_H
#define RELAY_HCP_FACTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "relay/hcp/strings.h"

#define FACTS_BYTES_MAX (20u << 20)

/* What a Packer data source tells of an image. */
enum packer_field {
	PACKER_BUCKET,
	PACKER_ORGANIZATION,
	PACKER_PROJECT,
	PACKER_CHANNEL,
	PACKER_VERSION,
	PACKER_VERSION_ID,
	PACKER_FINGERPRINT,
	PACKER_IDENTIFIER, /* external identifier */
	PACKER_IMAGE,      /* its key (model/image_id.h) */
	PACKER_PLATFORM,
	PACKER_REGION,
	PACKER_REVOKE_AT,
	PACKER_FIELD_COUNT,
};

enum packer_source {
	PACKER_READ,     /* in a state, or a plan's prior state */
	PACKER_CHECKED,  /* read in a check block: compared, not used */
	PACKER_DEFERRED, /* read only during apply */
	PACKER_STALE,    /* what a deferred one said last time: explains ids, nothing more */
};

/* One data source, or one image of hcp_packer_image_iteration. */
struct packer {
	const char *field[PACKER_FIELD_COUNT];
	const char *address, *config, *type;
	enum packer_source source;
	bool has_image;   /* of the kind that names an image, not only a version */
	bool one_of_many; /* of the images of hcp_packer_image_iteration */
	bool in_change;   /* heard of in resource_changes */
	bool explained;   /* by an instance */
};

/* Instances alike in all but their index. */
struct group {
	const char *type, *provider;
	const char *config;  /* configuration address; NULL when it could not be kept */
	const char *image;   /* NULL: not known before the apply */
	const char *address; /* of the first */
	size_t count;
	bool planned, fresh;
};

/* An instance of the prior state: it stays when no change mentions it. */
struct prior {
	const char *address;
	size_t group;
};

enum edge_kind {
	EDGE_DEPENDS, /* depends_on of an instance in a state */
	EDGE_IMAGE,   /* a reference in an expression that gives the image */
	EDGE_OTHER,   /* in any other */
	EDGE_VERSION, /* from an artifact's version_fingerprint */
	EDGE_PASSED,  /* what a module's variable or output stands for */
};

struct edge {
	const char *from; /* configuration address, or "MODULE var.NAME", "MODULE output.NAME" */
	const char *scope, *to; /* a reference, and the module it is written in */
	enum edge_kind kind;
};

struct facts {
	struct strings *strings;
	struct packer *packers;
	struct group *groups;
	struct prior *priors;
	struct edge *edges;
	uint64_t *mentions; /* hashes of addresses that changes mention */
	size_t packer_count, packer_cap, group_count, group_cap, prior_count, prior_cap;
	size_t edge_count, edge_cap, mention_count, mention_cap;
	uint32_t *group_slots, *edge_slots; /* index + 1 */
	size_t group_slot_count, edge_slot_count;
	size_t managed_changes, managed_staying;
	bool partial;
};

void facts_init(struct facts *);
void facts_fini(struct facts *);

/* The kept text; NULL for NULL, "" and where there is no room. */
const char *facts_keep(struct facts *, const char *);

void facts_add_packer(struct facts *, const struct packer *);
/* Counts one instance; its texts need not be kept, its count is not looked at.
 * `prior`: of a plan's prior state, where it may be that no change mentions it. */
void facts_add_use(struct facts *, const struct group *, bool prior);
/* An instance that a change is about, under either address; may be NULL. */
void facts_mention(struct facts *, const char *address);
void facts_add_edge(struct facts *, enum edge_kind, const char *from, const char *scope,
                    const char *to);
uint64_t facts_hash(const struct facts *, const char *);

#endif

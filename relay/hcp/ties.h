/*
 * ties.h - which Packer data sources an instance is tied to.
 *
 * By references of the configuration (through variables and outputs of
 * modules; what a local value hides is not seen) and by depends_on of the
 * state, which names data sources that are only reached through others, too.
 */
#ifndef RELAY_HCP_TIES_H
#define RELAY_HCP_TIES_H

#include "relay/hcp/facts.h"

/* All data sources of one configuration address, as one: a field they do not
 * agree on is NULL. */
struct packer_set {
	const char *config;
	struct packer common; /* its config is NULL while all are stale */
	size_t first, end;    /* in facts->packers, which are sorted by it */
	bool all_deferred, used;
};

struct ties {
	struct facts *facts;
	struct packer_set *sets;
	size_t set_count;
	size_t steps_left;
};

/* Sorts the facts' edges; their packers are sorted (packers_settle()). */
void ties_init(struct ties *, struct facts *);
/* Again, after packers have changed. */
void ties_make_sets(struct ties *);
void ties_fini(struct ties *);

/* What an instance is tied to, as one; `bucket` in it is NULL unless it is
 * exactly the data sources of one bucket. */
struct tie {
	struct packer common;
	bool any, all_deferred;
	bool missing; /* also to one that the document does not have */
	unsigned kinds;
};

/* The best tie of a configuration address: `now` goes by depends_on first,
 * what is planned by the configuration. */
struct tie ties_of(struct ties *, const char *config, bool planned);
/* The sets of that tie have explained an instance. */
void ties_mark_used(struct ties *, const char *config, const struct tie *);
/* The set of this data source, where it is among those that the address is tied to in
 * whatever way; NULL. */
struct packer_set *ties_set_of(struct ties *, const char *config, const struct packer *);
/* The channel of the versions it is tied to that have this bucket and fingerprint, or NULL. */
const char *ties_channel(struct ties *, const char *config, const struct packer *image);
/* The version data source that an artifact's own configuration refers to, or NULL. */
struct packer_set *ties_version_of(struct ties *, const struct packer *artifact);

#endif

/*
 * address.h - Terraform's addresses: of an instance, of what it is an instance
 * of, and what a reference in a configuration refers to.
 *
 *	module.web["eu"].aws_instance.node[0]    an instance
 *	module.web.aws_instance.node             its configuration address
 *	data.hcp_packer_artifact.img["eu"].id    a reference; data.hcp_packer_artifact.img is its base
 */
#ifndef RELAY_HCP_ADDRESS_H
#define RELAY_HCP_ADDRESS_H

#include <stdbool.h>

#include "relay/base/buf.h"

/* Adds the address without any index. */
void address_config(struct buf *, const char *address);

struct address_parts {
	const char *module, *type, *name; /* module: NULL or "module.a[0].module.b" */
	const char *index;                /* NULL: neither count nor for_each */
	bool is_data, index_is_number;
};
/* Adds the address as Terraform writes it. */
void address_compose(struct buf *, const struct address_parts *);

/*
 * Adds the base of a reference: "data.TYPE.NAME" of an HCP Packer data source,
 * "var.NAME" or "module.NAME.OUTPUT".  False, and nothing added, for any other.
 */
bool address_reference(struct buf *, const char *reference);

/* Is it (in whatever module) an HCP Packer data source? */
bool address_is_packer(const char *config_address);
/* Is it the type of one that tells of images? */
bool type_is_packer(const char *type);

/* Is a before b, numbers by their value: "web[2]" before "web[10]". */
bool address_before(const char *a, const char *b);

#endif

/*
 * image_types.h - which attributes of which Terraform resources hold the id of
 * a machine image that somebody then runs.
 *
 * What only makes another image of one (aws_ami_copy, azurerm_shared_image_version)
 * is not here: the copy has an id of its own, and that is what runs.
 */
#ifndef RELAY_HCP_IMAGE_TYPES_H
#define RELAY_HCP_IMAGE_TYPES_H

#include <stddef.h>

struct image_type {
	const char *provider;  /* Terraform's name of it: "aws", "azurerm", "google", "vsphere" */
	const char *type;      /* of the resource: "aws_instance" */
	const char *attribute; /* from the resource down: "disk[].source_image"; lists and
	                        * blocks are gone into whether or not it says [] */
};

struct image_types {
	const struct image_type *rows;
	size_t count;
};

/* What comes with the relay. */
extern const struct image_types image_types_known;

#endif

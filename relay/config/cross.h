/*
 * cross.h - what no single row can tell: keys that must fit together.
 *
 * Runs over the filled struct, which may be faulty, and over the nodes for
 * the places.  It also finishes values that need more than their own text
 * (the store's path, the base URL).
 */
#ifndef RELAY_CONFIG_CROSS_H
#define RELAY_CONFIG_CROSS_H

#include "relay/config/conf.h"
#include "relay/config/faults.h"
#include "relay/config/yaml.h"

struct cross {
	struct faults *faults;
	const struct node *root;
	const char *folder;
	const struct conf_kinds *kinds;
	bool beside; /* conf_load_beside() */
	struct conf *conf;
};

void cross_check(const struct cross *);

/* A match, which is in order for itself: are there such incident kinds? */
void cross_match(const struct cross *, const struct conf_match *, const struct node *match);

/* Parts of it, each in a file of its own. */
void cross_names(const struct cross *);    /* sources, teams, sinks, routes and who names them */
void cross_rules(const struct cross *);    /* correlate */
void cross_teams(const struct cross *);    /* addresses that name the team */
void cross_digests(const struct cross *);  /* when routes tell what they collect */
void cross_images(const struct cross *);   /* policy, untracked_images, image_attributes */
void cross_silences(const struct cross *); /* silences */
void cross_warn(const struct cross *); /* what works, but hardly as meant; only without faults */

/* The node of map.key, else the map, else the root: a place for a fault. */
const struct node *cross_place(const struct cross *, const struct node *map, const char *key);
/* The node of the i-th item of a list at the top of the file. */
const struct node *cross_item(const struct cross *, const char *list, size_t i);

/* A plain glob: a {name} there would be taken as it stands and never match.
 * NULL passes. */
void cross_glob(const struct cross *, const struct node *map, const char *key, const char *glob);

/* Does the pattern match one of the incident kinds there are? */
bool cross_kind_exists(const struct cross *, const char *pattern);

#endif

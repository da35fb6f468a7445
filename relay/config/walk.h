/*
 * walk.h - a map of the file, walked by a table of rows into a struct.
 *
 * Every key of the map is looked up among the rows and every row is filled:
 * from the file, else from its fallback.  A fault does not stop the walk; the
 * struct is then only good for walking on and for key_fini() (rows.h), and a
 * value that a fault was told of is NODE_BAD from then on.
 * Time and memory are linear in the file's size.
 *
 * A KEY_KIND row stands for the one key of its map that names a kind; its
 * `size` is the offset, in struct conf_kinds, of the list of kinds to choose
 * from, because these come from the rooms below at run time.
 */
#ifndef RELAY_CONFIG_WALK_H
#define RELAY_CONFIG_WALK_H

#include "relay/config/conf.h"
#include "relay/config/faults.h"
#include "relay/config/key.h"
#include "relay/config/yaml.h"

struct walk {
	struct faults *faults;
	const char *folder; /* absolute: relative paths start here */
	const struct conf_kinds *kinds;
	bool beside; /* conf_load_beside() */
};

/* `where` names the map in messages.  A map of NULL gives the defaults, and
 * then nothing is missing.  Lists keep one item for each item of the file,
 * also for faulty ones (NULL or zeroed), so that both have the same indices. */
void walk_map(const struct walk *, struct node *map, const struct key *rows, void *base,
              const char *where);

/* The kinds a KEY_KIND row chooses from. */
const struct key_kind *const *walk_kinds(const struct key *row, const struct conf_kinds *);

#endif

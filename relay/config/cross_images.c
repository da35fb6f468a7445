/* What workspaces are to run, and where their resources say what they run. */
#include <stdlib.h>
#include <string.h>

#include "relay/config/cross.h"
#include "relay/config/lookup.h"

#define NEAREST_AMONG 64 /* providers that one may be a misspelling of */

/* A channel that no bucket has is no fault: it may come with the next build. */
static void
check_channels(const struct cross *x, const struct conf_policy *policy, const struct node *map)
{
	const struct node *list = yaml_get(map, "channel");

	for (size_t i = 0; i < policy->channel.count; i++) {
		const char *name = policy->channel.items[i];
		const struct node *item = yaml_item(list, i), *at = item != NULL ? item : list;

		if (name != NULL && strpbrk(name, "*?{}") != NULL)
			faults_add(x->faults, at->line, at->column,
			           "channel is a name, not a pattern");
	}
}

static void
check_policies(const struct cross *x)
{
	for (size_t i = 0; i < x->conf->policy.count; i++) {
		const struct conf_policy *policy =
			conf_item(x->conf->policy, struct conf_policy, i);
		const struct node *map = cross_item(x, "policy", i);

		if (map->type != NODE_MAP)
			continue;
		cross_glob(x, map, "workspace", policy->workspace);
		cross_glob(x, map, "organization", policy->organization);
		cross_glob(x, map, "bucket", policy->bucket);
		check_channels(x, policy, map);
	}
}

/* ---- untracked_images ---- */

static bool
is_provider(const struct conf *conf, const char *name)
{
	for (const char *const *word = conf_provider_words; *word != NULL; word++)
		if (strcmp(*word, name) == 0)
			return true;
	for (size_t i = 0; i < conf->image_attributes.count; i++) {
		const char *own =
			conf_item(conf->image_attributes, struct conf_image_attribute, i)->provider;

		if (own != NULL && strcmp(own, name) == 0)
			return true;
	}
	return false;
}

static const char *
nearest_provider(const struct conf *conf, const char *name)
{
	const char *candidates[NEAREST_AMONG];
	size_t count = 0;

	for (const char *const *word = conf_provider_words; *word != NULL; word++)
		candidates[count++] = *word;
	for (size_t i = 0; i < conf->image_attributes.count && count < NEAREST_AMONG; i++)
		candidates[count++] =
			conf_item(conf->image_attributes, struct conf_image_attribute, i)->provider;
	return lookup_nearest(name, candidates, count);
}

/* Of one whose resources are not known nothing would ever be found. */
static void
check_provider(const struct cross *x, const char *name, const struct node *at)
{
	const char *nearest;
	char *quoted;

	if (name == NULL || is_provider(x->conf, name))
		return;
	nearest = nearest_provider(x->conf, name);
	quoted = faults_quote(name);
	if (nearest != NULL)
		faults_add(x->faults, at->line, at->column,
		           "no resource types of a provider %s are known: did you mean \"%s\"?",
		           quoted, nearest);
	else
		faults_add(x->faults, at->line, at->column,
		           "no resource types of a provider %s are known: give them in "
		           "image_attributes",
		           quoted);
	free(quoted);
}

static void
check_ignored(const struct cross *x, const struct conf_ignored *ignored, const struct node *map)
{
	if (map->type != NODE_MAP)
		return;
	if (map->count == 0)
		faults_add(x->faults, map->line, map->column,
		           "ignore needs at least one of workspace, image, type and address");
	cross_glob(x, map, "workspace", ignored->workspace);
	cross_glob(x, map, "image", ignored->image);
	cross_glob(x, map, "type", ignored->type);
	cross_glob(x, map, "address", ignored->address);
}

static void
check_untracked(const struct cross *x)
{
	const struct conf_untracked *untracked = &x->conf->untracked_images;
	const struct node *map = yaml_get(x->root, "untracked_images"),
			  *providers = yaml_get(map, "providers"),
			  *ignore = yaml_get(map, "ignore");

	for (size_t i = 0; i < untracked->providers.count; i++)
		check_provider(x, untracked->providers.items[i], yaml_item(providers, i));
	for (size_t i = 0; i < untracked->ignore.count; i++)
		check_ignored(x, conf_item(untracked->ignore, struct conf_ignored, i),
		              yaml_item(ignore, i));
}

/* ---- image_attributes ---- */

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define NAME_BYTES LETTERS "0123456789_-"

/* Names of Terraform, with dots between them where there may be several. */
static bool
is_path(const char *text, bool dots)
{
	for (;;) {
		size_t len = strspn(text, NAME_BYTES);

		if (len == 0 || strchr("0123456789-", *text) != NULL)
			return false;
		text += len;
		if (dots && strncmp(text, "[]", 2) == 0)
			text += 2;
		if (*text == '\0')
			return true;
		if (*text != '.' || !dots)
			return false;
		text++;
	}
}

static void
check_path(const struct cross *x, const struct node *map, const char *key, const char *text,
           const char *wanted, bool dots)
{
	const struct node *at = cross_place(x, map, key);

	if (text != NULL && !is_path(text, dots))
		faults_add(x->faults, at->line, at->column, "%s needs %s", key, wanted);
}

static void
check_repeated(const struct cross *x, size_t i, const struct node *map)
{
	const struct key_list *list = &x->conf->image_attributes;
	const struct conf_image_attribute *one = conf_item(*list, struct conf_image_attribute, i);

	for (size_t k = 0; k < i; k++) {
		const struct conf_image_attribute *other =
			conf_item(*list, struct conf_image_attribute, k);

		if (one->type == NULL || one->attribute == NULL || other->type == NULL ||
		    other->attribute == NULL || strcmp(one->type, other->type) != 0 ||
		    strcmp(one->attribute, other->attribute) != 0)
			continue;
		faults_add(x->faults, map->line, map->column,
		           "this attribute stands on line %d already",
		           cross_item(x, "image_attributes", k)->line);
		return;
	}
}

#define IMAGE_ATTRIBUTES_MAX 1000

static void
check_attributes(const struct cross *x)
{
	const struct key_list *list = &x->conf->image_attributes;
	const struct node *at = cross_place(x, x->root, "image_attributes");

	if (list->count > IMAGE_ATTRIBUTES_MAX) {
		faults_add(x->faults, at->line, at->column,
		           "image_attributes has more than %d items", IMAGE_ATTRIBUTES_MAX);
		return;
	}
	for (size_t i = 0; i < list->count; i++) {
		const struct conf_image_attribute *item =
			conf_item(*list, struct conf_image_attribute, i);
		const struct node *map = cross_item(x, "image_attributes", i);

		if (map->type != NODE_MAP)
			continue;
		check_path(x, map, "type", item->type, "a resource type such as aws_instance",
		           false);
		check_path(x, map, "attribute", item->attribute,
		           "an attribute such as ami, or a path to it such as "
		           "boot_disk[].initialize_params[].image",
		           true);
		check_path(x, map, "provider", item->provider, "a provider's name such as aws",
		           false);
		check_repeated(x, i, map);
	}
}

void
cross_images(const struct cross *x)
{
	check_policies(x);
	check_untracked(x);
	check_attributes(x);
}

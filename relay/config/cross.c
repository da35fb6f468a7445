#include "relay/config/cross.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "relay/base/mem.h"
#include "relay/base/text.h"
#include "relay/config/keys.h"
#include "relay/config/value.h"
#include "relay/runtime/httpd.h"

const struct node *
cross_place(const struct cross *x, const struct node *map, const char *key)
{
	const struct node *node = yaml_get(map, key);

	if (node != NULL)
		return node;
	return map != NULL ? map : x->root;
}

const struct node *
cross_item(const struct cross *x, const char *list, size_t i)
{
	return yaml_item(yaml_get(x->root, list), i);
}

bool
cross_kind_exists(const struct cross *x, const char *pattern)
{
	for (const char *const *kind = x->kinds->incident_kinds; *kind != NULL; kind++)
		if (glob_match(pattern, *kind))
			return true;
	return false;
}

void
cross_glob(const struct cross *x, const struct node *map, const char *key, const char *glob)
{
	const struct node *at = cross_place(x, map, key);

	if (glob != NULL && strpbrk(glob, "{}") != NULL)
		faults_add(x->faults, at->line, at->column,
		           "%s takes no {name}: only bucket and workspace of correlate do", key);
	else if (glob != NULL && strlen(glob) > PATTERN_LENGTH_MAX)
		faults_add(x->faults, at->line, at->column, "%s is longer than %d bytes", key,
		           PATTERN_LENGTH_MAX);
}

/* Reading a FIFO would hold up the start. */
static bool
check_file(const struct cross *x, const struct node *map, const char *key, const char *path)
{
	const struct node *at = cross_place(x, map, key);
	struct stat st;

	if (access(path, R_OK) != 0 || stat(path, &st) != 0)
		faults_add(x->faults, at->line, at->column, "%s cannot be read", key);
	else if (!S_ISREG(st.st_mode))
		faults_add(x->faults, at->line, at->column, "%s is not a regular file", key);
	else
		return true;
	return false;
}

static void
warn_key_file(const struct cross *x, const struct node *map, const char *path)
{
	const struct node *at = cross_place(x, map, "key_file");
	struct stat st;

	if (stat(path, &st) == 0 && (st.st_mode & 07) != 0)
		faults_warn(x->faults, at->line, at->column,
		            "key_file can be used by everybody (mode %04o)",
		            (unsigned)(st.st_mode & 07777));
}

static void
check_tls(const struct cross *x, const struct conf_tls *tls, const char *name)
{
	const struct httpd_options options = {.certificate_file = tls->certificate_file,
	                                      .key_file = tls->key_file};
	const struct node *map = yaml_get(yaml_get(x->root, "listen"), name);
	const struct node *at = cross_place(x, map, "key_file");
	struct err err;
	bool readable;

	if (tls->certificate_file == NULL && tls->key_file == NULL)
		return;
	if (tls->certificate_file == NULL || tls->key_file == NULL) {
		faults_add(x->faults, at->line, at->column,
		           "%s needs both certificate_file and key_file", name);
		return;
	}
	if (x->beside)
		return;
	readable = check_file(x, map, "certificate_file", tls->certificate_file);
	readable &= check_file(x, map, "key_file", tls->key_file);
	warn_key_file(x, map, tls->key_file);
	if (readable && httpd_check_tls(&options, &err) != 0)
		faults_add(x->faults, map->line, map->column, "%s: %s", name, err.text);
}

/* Host headers are held against these without their port. */
static void
check_admin_names(const struct cross *x, const struct node *list)
{
	const struct key_texts *names = &x->conf->listen.admin_names;

	for (size_t i = 0; i < names->count; i++) {
		const struct node *at = yaml_item(list, i);
		char *quoted;

		if (names->items[i] == NULL || url_may_have_host(names->items[i]))
			continue;
		quoted = faults_quote(names->items[i]);
		faults_add(x->faults, at->line, at->column,
		           "admin_names needs names of hosts, without https:// and port, not %s",
		           quoted);
		free(quoted);
	}
}

static void
check_listen(const struct cross *x)
{
	const struct conf_listen *listen = &x->conf->listen;
	const struct node *map = yaml_get(x->root, "listen");
	const struct node *at = cross_place(x, map, "admin");

	check_tls(x, &listen->tls, "tls");
	check_tls(x, &listen->admin_tls, "admin_tls");
	if (listen->ingest != NULL && listen->admin != NULL &&
	    value_addresses_clash(listen->ingest, listen->admin))
		faults_add(x->faults, at->line, at->column,
		           "admin needs an address of its own: ingest has this one");
	check_admin_names(x, yaml_get(map, "admin_names"));
	if (listen->admin == NULL || value_address_is_local(listen->admin))
		return;
	/* The keys, not the values: one that is there and faulty is told already. */
	if (yaml_get(map, "admin_tls") == NULL)
		faults_add(x->faults, at->line, at->column,
		           "admin beyond loopback needs admin_tls");
	if (yaml_get(map, "admin_token_file") == NULL && yaml_get(map, "admin_token_env") == NULL)
		faults_add(x->faults, at->line, at->column,
		           "admin beyond loopback needs admin_token_file or admin_token_env");
}

/* Keys of which 0 makes no sense.  A faulty value is 0 as well and told already:
 * only a zero with or without a unit counts. */
static void
check_positive(const struct cross *x, const char *section, const char *key, int64_t value)
{
	const struct node *node = yaml_get(yaml_get(x->root, section), key);

	if (value == 0 && node != NULL && node->type == NODE_TEXT &&
	    node->text[strspn(node->text, "0smhdkMG")] == '\0')
		faults_add(x->faults, node->line, node->column, "%s needs more than 0", key);
}

static void
check_numbers(const struct cross *x)
{
	const struct conf_limits *limits = &x->conf->limits;

	check_positive(x, "limits", "body", limits->body);
	check_positive(x, "limits", "headers", limits->headers);
	check_positive(x, "limits", "request", limits->request);
	check_positive(x, "limits", "idle", limits->idle);
	check_positive(x, "limits", "connections", limits->connections);
	check_positive(x, "limits", "queue", limits->queue);
	check_positive(x, "store", "retention", x->conf->store.retention);
}

static const char *
store_url_fault(const char *url)
{
	const char *path = url + strlen(SQLITE_PREFIX);

	if (strncmp(url, "postgres", strlen("postgres")) == 0)
		return "names a PostgreSQL server, but this version stores in SQLite only: use "
		       "sqlite:PATH";
	if (strncmp(url, SQLITE_PREFIX, strlen(SQLITE_PREFIX)) != 0)
		return "needs sqlite:PATH";
	if (*path == '\0')
		return "needs a path after sqlite:";
	if (strncmp(path, "//", 2) == 0 && path[2] != '/')
		return "needs sqlite:PATH, without //";
	if (path[strlen(path) - 1] == '/')
		return "names a folder, not a file";
	if (strcmp(path, ":memory:") == 0)
		return "needs the path of a file: what is kept must outlive the process";
	return NULL;
}

/* Only a warning: what is checked on one machine may be for another. */
static void
check_store_folder(const struct cross *x, const struct node *at, const char *path)
{
	char *folder = conf_folder(path), *inside = mem_fmt("%s/.", folder);
	char *quoted = faults_quote(folder);

	if (access(inside, F_OK) != 0)
		faults_warn(x->faults, at->line, at->column,
		            "url: the folder %s cannot be used: %s", quoted, strerror(errno));
	free(quoted);
	free(inside);
	free(folder);
}

static void
finish_store(const struct cross *x)
{
	struct conf_store *store = &x->conf->store;
	const struct node *at = cross_place(x, yaml_get(x->root, "store"), "url");
	const char *fault;
	char *path;

	if (store->url == NULL)
		return;
	fault = store_url_fault(store->url);
	if (fault != NULL) {
		faults_add(x->faults, at->line, at->column, "url %s", fault);
		return;
	}
	path = value_path(x->folder, store->url + strlen(SQLITE_PREFIX));
	check_store_folder(x, at, path);
	free(store->url);
	store->url = mem_fmt(SQLITE_PREFIX "%s", path);
	free(path);
}

static void
finish_links(const struct cross *x)
{
	struct conf_links *links = &x->conf->links;
	const struct node *map = yaml_get(x->root, "links");
	const struct node *at = cross_place(x, map, "base_url");

	if (links->base_url != NULL && strpbrk(links->base_url, "?#") != NULL)
		faults_add(x->faults, at->line, at->column, "base_url needs a URL without ? and #");
	if (links->base_url != NULL)
		for (size_t len = strlen(links->base_url);
		     len > 0 && links->base_url[len - 1] == '/'; len--)
			links->base_url[len - 1] = '\0';
	for (size_t i = 0; i < links->runbooks.count; i++) {
		const struct conf_runbook *runbook =
			conf_item(links->runbooks, struct conf_runbook, i);
		const struct node *item = yaml_item(yaml_get(map, "runbooks"), i);

		at = cross_place(x, item, "kind");
		if (runbook->kind != NULL && !cross_kind_exists(x, runbook->kind))
			faults_add(x->faults, at->line, at->column,
			           "kind matches no incident kind");
	}
}

void
cross_check(const struct cross *x)
{
	check_listen(x);
	check_numbers(x);
	finish_store(x);
	finish_links(x);
	cross_names(x);
	cross_rules(x);
	cross_teams(x);
	cross_images(x);
	cross_silences(x);
	cross_digests(x);
	if (x->faults->errors == 0)
		cross_warn(x);
}

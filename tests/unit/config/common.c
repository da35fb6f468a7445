#include "common.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/pem.h>
#include <openssl/x509.h>

#include "relay/base/mem.h"
#include "relay/config/section.h"

static const struct key letter_keys[] = {
	{.name = "seal",
         .type = KEY_SECRET,
         .offset = offsetof(struct letter_options, seal),
         .flags = KEY_REQUIRED | KEY_PLURAL,
         .help = "The seal."},
	{.name = "hosts",
         .type = KEY_TEXTS,
         .offset = offsetof(struct letter_options, hosts),
         .fallback = "[a.example.com, b.example.com]",
         .help = "Hosts."},
	{.name = "api",
         .type = KEY_URL,
         .offset = offsetof(struct letter_options, api),
         .help = "Where more can be asked."},
	{0},
};
static const struct key_kind letter = {
	.name = "letter", .keys = letter_keys, .size = sizeof(struct letter_options)};

static const struct key bell_keys[] = {
	{.name = "url",
         .type = KEY_URL,
         .offset = offsetof(struct bell_options, url),
         .help = "Where."},
	{.name = "rope",
         .type = KEY_SECRET,
         .offset = offsetof(struct bell_options, rope),
         .help = "The rope."},
	{.name = "loud",
         .type = KEY_BOOL,
         .offset = offsetof(struct bell_options, loud),
         .fallback = "false",
         .help = "Loud."},
	{0},
};

static void
bell_check(const void *arg, const struct section *section)
{
	const struct bell_options *options = arg;

	if (options->url == NULL)
		section_fault(section, "url", "it hangs nowhere");
	if (options->loud && options->rope.count == 0)
		section_fault(section, "loud rope", "nobody can pull it");
}

/* Some hang at a team's place, which not every team has. */
static const char *
bell_needs_team(const void *arg)
{
	const struct bell_options *options = arg;

	return options->url != NULL && strstr(options->url, "/team") != NULL ? "it needs a team"
	                                                                     : NULL;
}

static void
bell_check_team(const void *arg, const char *team, const struct section *section)
{
	if (bell_needs_team(arg) != NULL && team != NULL && strcmp(team, "quiet") == 0)
		section_fault(section, "url", "no room");
}

static const struct key_kind bell = {.name = "bell",
                                     .keys = bell_keys,
                                     .size = sizeof(struct bell_options),
                                     .check = bell_check,
                                     .check_team = bell_check_team,
                                     .needs_team = bell_needs_team};

static const struct key drum_keys[] = {
	{.name = "beats",
         .type = KEY_COUNT,
         .offset = offsetof(struct drum_options, beats),
         .flags = KEY_REQUIRED,
         .help = "How many."},
	{0},
};
static const struct key_kind drum = {
	.name = "drum", .keys = drum_keys, .size = sizeof(struct drum_options)};

static const struct key_kind *const sources[] = {&letter, NULL};
static const struct key_kind *const sinks[] = {&bell, &drum, NULL};
static const char *const incident_kinds[] = {"image.revocation", "workspace.drift", NULL};

const struct conf_kinds test_kinds = {sources, sinks, incident_kinds};

static char folder_path[64];
static char file_path[256];

const char *
folder(void)
{
	return folder_path;
}

const char *
folder_file(const char *name, const char *text, unsigned mode)
{
	FILE *file;

	snprintf(file_path, sizeof(file_path), "%s/%s", folder_path, name);
	unlink(file_path);
	file = fopen(file_path, "w");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(chmod(file_path, mode), 0);
	return file_path;
}

static FILE *
open_file(const char *name, const char *ending, unsigned mode)
{
	char *file = mem_fmt("%s%s", name, ending);
	FILE *out = fopen(folder_file(file, "", mode), "w");

	assert_non_null(out);
	free(file);
	return out;
}

void
folder_certificate(const char *name)
{
	FILE *certificate = open_file(name, ".pem", 0644), *key = open_file(name, ".key", 0600);
	EVP_PKEY *pair = EVP_EC_gen("P-256");
	X509 *x509 = X509_new();

	X509_gmtime_adj(X509_getm_notBefore(x509), 0);
	X509_gmtime_adj(X509_getm_notAfter(x509), 3600);
	assert_int_equal(X509_set_pubkey(x509, pair), 1);
	assert_int_not_equal(X509_sign(x509, pair, EVP_sha256()), 0);
	assert_int_equal(PEM_write_X509(certificate, x509), 1);
	assert_int_equal(PEM_write_PrivateKey(key, pair, NULL, NULL, 0, NULL, NULL), 1);
	X509_free(x509);
	EVP_PKEY_free(pair);
	assert_int_equal(fclose(key), 0);
	assert_int_equal(fclose(certificate), 0);
}

int
folder_make(void **state)
{
	(void)state;
	strcpy(folder_path, "/tmp/driftbell-config-XXXXXX");
	if (mkdtemp(folder_path) == NULL)
		return -1;
	folder_file("one", "first\n", 0600);
	folder_file("two", "first\r\n\n  \nsecond\n", 0600);
	return 0;
}

int
folder_remove(void **state)
{
	DIR *dir = opendir(folder_path);

	(void)state;
	if (dir == NULL)
		return -1;
	for (struct dirent *entry; (entry = readdir(dir)) != NULL;)
		unlinkat(dirfd(dir), entry->d_name, 0);
	closedir(dir);
	return rmdir(folder_path);
}

/* The report without the path in front of each line. */
static void
strip_path(struct buf *report, const char *path)
{
	struct buf out = {0};
	size_t len = strlen(path);
	char *save = NULL;
	char *text = mem_str(buf_text(report));

	for (char *line = strtok_r(text, "\n", &save); line != NULL;
	     line = strtok_r(NULL, "\n", &save)) {
		assert_true(strncmp(line, path, len) == 0 && line[len] == ':');
		buf_printf(&out, "%s\n", line + len + 1);
	}
	free(text);
	buf_fini(report);
	*report = out;
}

struct loaded
load(const char *text)
{
	struct loaded l = {0};
	char *path = mem_fmt("%s/c.yaml", folder_path);
	int rc = conf_parse(&l.conf, path, text, strlen(text), &test_kinds, &l.report);

	assert_int_equal(rc, l.conf != NULL ? 0 : -1);
	strip_path(&l.report, path);
	free(path);
	return l;
}

void
loaded_fini(struct loaded *l)
{
	conf_release(l->conf);
	buf_fini(&l->report);
}

void
assert_faults(const char *text, const char *report)
{
	struct loaded l = load(text);

	assert_null(l.conf);
	assert_string_equal(buf_text(&l.report), report);
	loaded_fini(&l);
}

void
assert_fault(const char *text, const char *line)
{
	struct loaded l = load(text);

	assert_null(l.conf);
	if (strstr(buf_text(&l.report), line) == NULL)
		fail_msg("no \"%s\" in:\n%s", line, buf_text(&l.report));
	loaded_fini(&l);
}

void
assert_loads(const char *text, const char *report)
{
	struct loaded l = load(text);

	assert_string_equal(buf_text(&l.report), report);
	assert_non_null(l.conf);
	loaded_fini(&l);
}

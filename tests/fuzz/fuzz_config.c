/*
 * fuzz_config.c - any bytes as a config file, with the kinds of this version.
 *
 * The folder of the config holds secrets that the corpus names, so that
 * inputs get past them.  What loads must compare equal with itself.
 */
#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "relay/config/conf.h"
#include "relay/source/source.h"
#include "sinks/sink.h"

static char config_path[64];

static void
write_secret(const char *name, const char *text)
{
	char path[128];
	FILE *file;

	snprintf(path, sizeof(path), "%.*s/%s", (int)(strrchr(config_path, '/') - config_path),
	         config_path, name);
	file = fopen(path, "w");
	if (file == NULL || fputs(text, file) < 0 || fclose(file) != 0 || chmod(path, 0600) != 0)
		abort();
}

static void
remove_folder(void)
{
	static const char *const names[] = {"/hmac", "/slack", "/wh"};
	char path[128];
	int len = (int)(strrchr(config_path, '/') - config_path);

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(path, sizeof(path), "%.*s%s", len, config_path, names[i]);
		unlink(path);
	}
	config_path[len] = '\0';
	rmdir(config_path);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
make_folder(void)
{
	strcpy(config_path, "/tmp/driftbell-fuzz-XXXXXX");
	if (mkdtemp(config_path) == NULL)
		abort();
	strcat(config_path, "/c.yaml");
	write_secret("hmac", "0123456789abcdef\nfedcba9876543210\n");
	write_secret("slack", "https://hooks.slack.com/services/T/B/x\n");
	write_secret("wh", "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n");
	atexit(remove_folder);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const incident_kinds[] = {"image.revocation", "workspace.drift", NULL};
	static const struct conf_kinds kinds = {source_conf_kinds, sink_conf_kinds, incident_kinds};
	struct buf report = {0};
	struct conf *conf;
	int rc;

	if (*config_path == '\0')
		make_folder();
	rc = conf_parse(&conf, config_path, (const char *)data, size, &kinds, &report);
	assert((rc == 0) == (conf != NULL));
	if (rc != 0)
		assert(report.len > 0);
	if (conf != NULL) {
		char *changes = conf_restart_changes(conf, conf);

		assert(*changes == '\0');
		free(changes);
	}
	conf_release(conf);
	buf_fini(&report);
	return 0;
}

/* The folder a story is played in: its config's key files and its store. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "relay/base/mem.h"
#include "relay/model/kind.h"
#include "relay/source/source.h"
#include "sinks/sink.h"
#include "tests/flow/player.h"

#define SECRET "whsec_ZmxvdyBzdG9yaWVzIHNpZ24gd2l0aCB0aGlzIGtleQ=="

char *
home_make(void)
{
	const char *tmp = getenv("TMPDIR");
	char *home = mem_fmt("%s/driftbell-flow-XXXXXX", tmp != NULL ? tmp : "/tmp");

	if (mkdtemp(home) == NULL) {
		perror(home);
		exit(1);
	}
	return home;
}

void
home_remove(char *home)
{
	DIR *dir = opendir(home);
	struct dirent *entry;

	while (dir != NULL && (entry = readdir(dir)) != NULL)
		unlinkat(dirfd(dir), entry->d_name, 0);
	if (dir != NULL)
		closedir(dir);
	rmdir(home);
	free(home);
}

/* What a key file holds follows from its name: NAME.url is Slack's. */
static void
write_key(const char *home, const char *name)
{
	char *path = mem_fmt("%s/%s", home, name);
	FILE *file;
	mode_t before = umask(077);

	file = fopen(path, "w");
	umask(before);
	if (file == NULL) {
		perror(path);
		exit(1);
	}
	if (strstr(name, ".url") != NULL)
		fprintf(file, "https://hooks.slack.com/services/T0/B0/%s\n", name);
	else
		fprintf(file, "%s\n", SECRET);
	fclose(file);
	free(path);
}

/* Every NAME behind "_file: " becomes a file. */
static void
write_keys(const char *home, const char *config)
{
	static const char mark[] = "_file: ";

	for (const char *at = strstr(config, mark); at != NULL; at = strstr(at, mark)) {
		char *name;

		at += strlen(mark);
		name = mem_strn(at, strcspn(at, " ,}\n"));
		write_key(home, name);
		free(name);
	}
}

struct conf *
home_config(const char *home, const char *directory, const char *name)
{
	const struct conf_kinds kinds = {source_conf_kinds, sink_conf_kinds, incident_kind_names};
	char *path = mem_fmt("%s/%s", home, name);
	size_t len;
	char *text = story_file(directory, name, &len);
	struct buf report = {0};
	struct conf *conf;

	write_keys(home, text);
	if (conf_parse(&conf, path, text, len, &kinds, &report) != 0) {
		fprintf(stderr, "%s\n", buf_text(&report));
		exit(1);
	}
	buf_fini(&report);
	free(text);
	free(path);
	return conf;
}

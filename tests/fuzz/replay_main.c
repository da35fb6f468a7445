/*
 * replay_main.c - a fuzz target's main where libFuzzer is not.
 *
 * Feeds every file below the folders and files named on the command line to
 * the target once.  A folder that is not there counts as empty, so that a new
 * target needs no corpus; a file that cannot be read is a failure.
 */
#include <fts.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int
replay_file(const char *path, size_t size)
{
	/* Memory of exactly the input's size, so that a sanitizer sees every overrun. */
	uint8_t *data = malloc(size ? size : 1);
	FILE *file = fopen(path, "rb");
	int rc = -1;

	if (data != NULL && file != NULL && fread(data, 1, size, file) == size) {
		LLVMFuzzerTestOneInput(data, size);
		rc = 0;
	} else {
		fprintf(stderr, "%s: cannot be read\n", path);
	}
	if (file != NULL)
		fclose(file);
	free(data);
	return rc;
}

int
main(int argc, char **argv)
{
	size_t done = 0;
	int failed = 0;

	if (argc < 2) {
		fprintf(stderr, "usage: %s CORPUS...\n", argv[0]);
		return 2;
	}

	FTS *walk = fts_open(argv + 1, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
	if (walk == NULL) {
		perror(argv[1]);
		return 1;
	}
	for (FTSENT *entry = fts_read(walk); entry != NULL; entry = fts_read(walk)) {
		if (entry->fts_info == FTS_F) {
			failed |= replay_file(entry->fts_path, (size_t)entry->fts_statp->st_size);
			done++;
		} else if (entry->fts_info == FTS_ERR || entry->fts_info == FTS_DNR) {
			failed = -1;
		}
	}
	fts_close(walk);
	printf("%zu inputs\n", done);
	return failed ? 1 : 0;
}

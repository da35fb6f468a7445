#include "relay/config/authorities.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "relay/base/mem.h"

#define LINE_SIZE 256 /* what is longer is no line of PEM */

static bool
holds_certificate(FILE *file)
{
	static const char *const begins[] = {"-----BEGIN CERTIFICATE-----",
	                                     "-----BEGIN TRUSTED CERTIFICATE-----",
	                                     "-----BEGIN X509 CERTIFICATE-----"};
	char line[LINE_SIZE];

	while (fgets(line, sizeof(line), file) != NULL)
		for (size_t i = 0; i < COUNT(begins); i++)
			if (strncmp(line, begins[i], strlen(begins[i])) == 0)
				return true;
	return false;
}

void
authorities_check(const char *key, const char *path, const struct section *section)
{
	/* A FIFO must not hold up the start. */
	int fd = path != NULL ? open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC) : -1;
	FILE *file = fd >= 0 ? fdopen(fd, "r") : NULL;
	bool fine = path == NULL || (file != NULL && holds_certificate(file));

	if (!fine && (file == NULL || ferror(file)))
		section_fault(section, key, "%s: \"%s\" cannot be read: %s", key, path,
		              strerror(errno));
	else if (!fine)
		section_fault(section, key, "%s: \"%s\" holds no certificate in PEM", key, path);
	if (file != NULL)
		fclose(file);
}

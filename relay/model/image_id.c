#include "relay/model/image_id.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "relay/base/mem.h"

/* Behind the host and version of a Google Cloud self link
 * ("https://compute.googleapis.com/compute/beta/projects/..."); else where it began. */
static const char *
behind_google_host(const char *id)
{
	static const char *const schemes[] = {"https://", "http://", "//"};
	static const char compute[] = "googleapis.com/compute/";

	for (size_t i = 0; i < COUNT(schemes); i++) {
		size_t n = strlen(schemes[i]);

		if (strncasecmp(id, schemes[i], n) != 0)
			continue;
		const char *host = id + n, *slash = strchr(host, '/');
		const char *found = strcasestr(host, compute);

		if (slash == NULL || found == NULL || found > slash ||
		    (found > host && found[-1] != '.'))
			continue;
		const char *version = found + sizeof(compute) - 1;
		const char *rest = strchr(version, '/');

		return rest != NULL ? rest + 1 : id;
	}
	return id;
}

/* NAME of a Google Cloud image path; NULL when it is none. */
static const char *
google_name(const char *id)
{
	static const char images[] = "global/images/";
	const char *path = behind_google_host(id);

	if (strncmp(path, "projects/", 9) == 0) {
		const char *project_end = strchr(path + 9, '/');

		if (project_end == NULL || project_end == path + 9)
			return NULL;
		path = project_end + 1;
	}
	if (strncmp(path, images, sizeof(images) - 1) != 0)
		return NULL;
	path += sizeof(images) - 1;
	return path[0] != '\0' ? path : NULL;
}

static bool
is_azure(const char *id)
{
	static const char *const roots[] = {"/subscriptions/", "/sharedGalleries/",
	                                    "/communityGalleries/"};

	for (size_t i = 0; i < COUNT(roots); i++)
		if (strncasecmp(id, roots[i], strlen(roots[i])) == 0)
			return true;
	return false;
}

static bool
is_uuid(const char *id)
{
	static const char form[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";

	if (strlen(id) != sizeof(form) - 1)
		return false;
	for (size_t i = 0; form[i] != '\0'; i++)
		if (form[i] == '-' ? id[i] != '-' : !isxdigit((unsigned char)id[i]))
			return false;
	return true;
}

char *
image_id_key(const char *id)
{
	if (id == NULL)
		return NULL;

	const char *google = google_name(id);
	bool azure = is_azure(id);
	char *key = mem_str(google != NULL ? google : id);
	size_t len = strlen(key);

	if (azure || is_uuid(key))
		for (size_t i = 0; i < len; i++)
			key[i] = (char)tolower((unsigned char)key[i]);
	while (azure && len > 1 && key[len - 1] == '/')
		key[--len] = '\0';
	return key;
}

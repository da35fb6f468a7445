#include "relay/model/key.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "relay/base/buf.h"
#include "relay/base/mem.h"

static void
add_part(struct buf *out, const char *part)
{
	for (const char *p = part; *p != '\0'; p++) {
		if (*p == '/')
			buf_puts(out, "%2F");
		else if (*p == '%')
			buf_puts(out, "%25");
		else
			buf_putc(out, *p);
	}
}

char *
key_join(const char *first, ...)
{
	struct buf out = {0};
	va_list ap;

	add_part(&out, first);
	va_start(ap, first);
	for (const char *part; (part = va_arg(ap, const char *)) != NULL;) {
		buf_putc(&out, '/');
		add_part(&out, part);
	}
	va_end(ap);
	return out.len > 0 ? buf_take(&out) : mem_str("");
}

char *
key_bucket(const char *organization_id, const char *project_id, const char *bucket)
{
	return key_join(organization_id, project_id, bucket, NULL);
}

char *
key_image(const char *bucket_key, const char *fingerprint)
{
	char *part = key_join(fingerprint, NULL);
	char *key = mem_fmt("%s/%s", bucket_key, part);

	free(part);
	return key;
}

char *
key_image_bucket(const char *image_key)
{
	const char *slash = strrchr(image_key, '/');

	return mem_strn(image_key, slash != NULL ? (size_t)(slash - image_key) : 0);
}

char *
key_incident(const char *kind, const char *subject_key)
{
	return mem_fmt("%s/%s", kind, subject_key);
}

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
key_incident(const char *kind, const char *subject_key)
{
	return mem_fmt("%s/%s", kind, subject_key);
}

/* Undo the escapes of add_part() in place. */
static void
unescape(char *part)
{
	char *out = part;

	for (const char *in = part; *in != '\0'; in++) {
		if (in[0] == '%' && in[1] == '2' && (in[2] == 'F' || in[2] == '5')) {
			*out++ = in[2] == 'F' ? '/' : '%';
			in += 2;
		} else {
			*out++ = *in;
		}
	}
	*out = '\0';
}

struct bucket_name
bucket_name_of(const char *bucket_key, char **memory)
{
	struct bucket_name name = {0};
	const char **parts[] = {&name.organization_id, &name.project_id, &name.bucket};
	char *rest = *memory = mem_str(bucket_key);

	for (size_t i = 0; rest != NULL && i < COUNT(parts); i++) {
		char *part = strsep(&rest, "/");

		unescape(part);
		*parts[i] = part[0] != '\0' ? part : NULL;
	}
	return name;
}

#include "relay/admin/reply.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "relay/base/mem.h"

void
reply_text(struct httpd_request *request, int code, const char *type, const char *text, size_t len)
{
	httpd_reply_header(request, "Cache-Control", "no-store");
	httpd_reply_header(request, "X-Content-Type-Options", "nosniff");
	httpd_reply(request, code, type, text, len);
}

void
reply_json(struct httpd_request *request, int code, json_t *document)
{
	char *text = document ? json_dumps(document, JSON_COMPACT) : NULL;

	json_decref(document);
	if (text)
		reply_text(request, code, "application/json", text, strlen(text));
	else
		reply_text(request, 500, "application/json", "{\"error\":\"no answer\"}", 21);
	free(text);
}

void
reply_error(struct httpd_request *request, int code, const char *fmt, ...)
{
	va_list args;
	char *text;

	va_start(args, fmt);
	text = mem_vfmt(fmt, args);
	va_end(args);
	reply_json(request, code, json_pack("{s:s}", "error", text));
	free(text);
}

#include "sinks/post.h"

#include <stdlib.h>
#include <string.h>

#include "relay/base/mem.h"
#include "relay/base/sign.h"
#include "relay/base/text.h"

#define ANSWER_CHARS 300
/* A piece of a URL this long may be a credential; shorter ones ("hooks",
 * "v1") are words that a server's own text may well hold. */
#define TELLING_PIECE 8

struct post {
	struct post *next, **link;
	struct http_sink *sink;
	struct httpc_call *call;
	char *url;
	bool quiet;
	judge_fn *judge;
	void (*look)(const struct httpc_response *, void *arg);
	const char *const *unsaid;
	char *template_fault;
	sink_done_fn *done;
	void *arg;
};

void
http_sink_init(struct http_sink *sink, const struct sink_kind *kind, const struct sink_env *env)
{
	sink->kind = kind;
	sink->env = env;
	sink->posts = NULL;
}

static void
post_free(struct post *post)
{
	*post->link = post->next;
	if (post->next)
		post->next->link = post->link;
	mem_wipe_free(post->url, strlen(post->url));
	free(post->template_fault);
	free(post);
}

void
http_sink_fini(struct http_sink *sink)
{
	while (sink->posts) {
		httpc_cancel(sink->posts->call);
		post_free(sink->posts);
	}
}

static bool
repeats_secret(const struct httpc_response *response, const char *const *unsaid)
{
	for (; unsaid && *unsaid; unsaid++)
		if (response->body &&
		    memmem(response->body, response->body_len, *unsaid, strlen(*unsaid)))
			return true;
	return false;
}

static void
on_answer(const struct httpc_response *response, void *arg)
{
	struct post *post = arg;
	sink_done_fn *done = post->done;
	void *done_arg = post->arg;
	struct buf text = {0};
	bool quiet = post->quiet || repeats_secret(response, post->unsaid);
	char *template_fault = post->template_fault;

	post->template_fault = NULL; /* the post goes before done is called */
	answer_text(&text, response, quiet ? NULL : post->url);
	struct sink_result result = {
		.outcome = post->judge(response),
		.code = response->result == HTTPC_ANSWERED ? response->status : 0,
		.retry_after_ms = response->result == HTTPC_ANSWERED ? response->retry_after_ms : 0,
		.elapsed_ms = response->elapsed_ms,
		.unheard = response->unheard,
		.text = buf_text(&text),
		.template_fault = template_fault,
	};
	void (*look)(const struct httpc_response *, void *) = post->look;
	post_free(post);
	if (look)
		look(response, done_arg);
	done(&result, done_arg);
	free(template_fault);
	buf_fini(&text);
}

void
http_sink_send(struct http_sink *sink, const struct httpc_request *request,
               const struct http_terms *terms, sink_done_fn *done, void *arg)
{
	struct post *post = mem_alloc(sizeof(*post));

	post->sink = sink;
	post->url = mem_str(request->url);
	post->quiet = terms->quiet;
	post->judge = terms->judge;
	post->look = terms->look;
	post->unsaid = terms->unsaid;
	post->template_fault = mem_str(terms->template_fault);
	post->done = done;
	post->arg = arg;
	post->next = sink->posts;
	post->link = &sink->posts;
	if (post->next)
		post->next->link = &post->next;
	sink->posts = post;
	post->call = httpc_send(sink->env->httpc, request, on_answer, post);
}

char *
http_destination(const char *kind, const char *url)
{
	char digest[SHA256_HEX_SIZE];
	char *trimmed = url_trimmed(url);

	sha256_hex(trimmed, strlen(trimmed), digest);
	mem_wipe_free(trimmed, strlen(trimmed));
	return mem_fmt("%s %s", kind, digest);
}

char *
url_trimmed(const char *url)
{
	static const char blanks[] = " \t\r\n";
	const char *start = url + strspn(url, blanks);
	size_t len = strlen(start);

	while (len && strchr(blanks, start[len - 1]))
		len--;
	return mem_strn(start, len);
}

/* Does the text hold a telling piece of the URL's path or query? */
static bool
repeats_url(const char *text, const char *url)
{
	static const char borders[] = "/?&=#";
	const char *authority = strstr(url, "://");
	const char *piece = authority ? authority + 3 + strcspn(authority + 3, borders) : url;
	bool found = false;

	while (*piece && !found) {
		piece += strspn(piece, borders);
		size_t len = strcspn(piece, borders);
		found = len >= TELLING_PIECE && memmem(text, strlen(text), piece, len);
		piece += len;
	}
	return found;
}

void
text_line(struct buf *out, const char *text, size_t max)
{
	struct buf line = {0};
	bool blank = true; /* none at the beginning */

	for (const unsigned char *c = (const unsigned char *)text; *c; c++) {
		bool is_blank = *c <= ' ' || *c == 0x7f;
		if (!is_blank)
			buf_putc(&line, (char)*c);
		else if (!blank)
			buf_putc(&line, ' ');
		blank = is_blank;
	}
	if (line.len && line.data[line.len - 1] == ' ')
		line.data[--line.len] = '\0';
	if (line.len)
		buf_add(out, line.data, utf8_prefix(line.data, max));
	buf_fini(&line);
}

void
answer_text(struct buf *out, const struct httpc_response *response, const char *url)
{
	if (response->result != HTTPC_ANSWERED) {
		text_line(out, response->text ? response->text : "no answer", ANSWER_CHARS);
		return;
	}
	buf_printf(out, "HTTP %d", response->status);
	const char *body = response->body ? response->body : "";
	/* Only so much as could be shown: a long page costs nothing. */
	size_t len = strnlen(body, 4 * ANSWER_CHARS);
	if (!len || !url || repeats_url(body, url))
		return;
	char *start = mem_strn(body, len);
	while (len && !utf8_valid(start, len))
		start[--len] = '\0';
	if (len) {
		buf_puts(out, ": ");
		text_line(out, start, ANSWER_CHARS - 20);
	}
	free(start);
}

/*
 * Renders one template on one document again and again, for contrib/bench/render.
 *
 * usage: bench_render TEMPLATE DATA SECONDS [OUT]
 * prints {"compile_us": ..., "render_us": ..., "bytes": ...}; OUT gets one rendering
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "relay/base/buf.h"
#include "relay/message/template.h"

static double
now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static void
read_file(const char *path, struct buf *out)
{
	FILE *file = fopen(path, "re");
	char chunk[65536];
	size_t n;

	if (!file) {
		perror(path);
		exit(1);
	}
	while ((n = fread(chunk, 1, sizeof(chunk), file)) > 0)
		buf_add(out, chunk, n);
	fclose(file);
}

static struct template *
compile(const struct buf *text)
{
	const struct template_options options = {.escape = ESCAPE_HTML, .strict = true};
	struct template *template = NULL;
	struct faults faults = {0};
	struct buf report = {0};

	if (template_compile(&template, buf_text(text), text->len, &options,
	                     (struct template_place){1, 1}, &faults) != 0) {
		faults_report(&faults, "template", &report);
		fputs(buf_text(&report), stderr);
		exit(1);
	}
	faults_fini(&faults);
	return template;
}

int
main(int argc, char **argv)
{
	struct buf text = {0}, json = {0}, out = {0};
	const struct template_env env = {.now_ms = 0, .zone = NULL};
	struct err err;
	long count = 0;

	if (argc < 4) {
		fprintf(stderr, "usage: %s TEMPLATE DATA SECONDS [OUT]\n", argv[0]);
		return 2;
	}
	read_file(argv[1], &text);
	read_file(argv[2], &json);
	double begun = now_us(), until = begun + atof(argv[3]) * 1e6, compiled;
	struct template *template = compile(&text);
	json_t *data = json_loadb(json.data, json.len, 0, NULL);
	compiled = now_us();
	do {
		buf_reset(&out);
		if (template_render(template, data, &env, &out, &err) != 0) {
			fprintf(stderr, "%s\n", err.text);
			return 1;
		}
		count++;
	} while (now_us() < until);
	printf("{\"compile_us\": %.1f, \"render_us\": %.2f, \"bytes\": %zu}\n", compiled - begun,
	       (now_us() - compiled) / (double)count, out.len);
	if (argc > 4) {
		FILE *file = fopen(argv[4], "we");
		if (!file || fwrite(out.data, 1, out.len, file) != out.len || fclose(file) != 0) {
			perror(argv[4]);
			return 1;
		}
	}
	template_free(template);
	json_decref(data);
	buf_fini(&text);
	buf_fini(&json);
	buf_fini(&out);
	return 0;
}

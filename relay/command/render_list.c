/* What there is to render: the set, the samples, a shipped template's own text. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "relay/base/mem.h"
#include "relay/command/client.h"
#include "relay/command/render_parts.h"
#include "relay/config/lookup.h"
#include "relay/message/samples.h"
#include "relay/message/template_files.h"

static void
print_file(const char *file, const char *path, void *arg)
{
	(void)arg;
	client_print(file, 48);
	putchar(' ');
	client_print(path, 0);
	putchar('\n');
}

static int
print_samples(void)
{
	for (size_t i = 0; i < sample_count(); i++)
		puts(sample_name(i));
	for (size_t i = 0; i < digest_sample_count(); i++)
		puts(digest_sample_name(i));
	return 0;
}

static int
no_such_shipped(const char *name)
{
	const char **names;
	const char *near;
	size_t count = 0;
	struct err err;

	while (template_files[count].name)
		count++;
	names = mem_array(count, sizeof(*names));
	for (size_t i = 0; i < count; i++)
		names[i] = template_files[i].name;
	near = lookup_nearest(name, names, count);
	err_set(&err, "there is no shipped template %s%s%s%s (render --list lists them)", name,
	        near ? "; did you mean " : "", near ? near : "", near ? "?" : "");
	input_complain(NULL, err.text);
	free(names);
	return 1;
}

/* Byte for byte: what ends without a line break must go on doing so in a copy. */
static int
print_shipped(const char *name)
{
	for (const struct template_file *file = template_files; file->name; file++) {
		if (strcmp(file->name, name) != 0)
			continue;
		fwrite(file->text, 1, file->len, stdout);
		return 0;
	}
	return no_such_shipped(name);
}

static int
print_shipped_list(void)
{
	for (const struct template_file *file = template_files; file->name; file++) {
		char *path = mem_fmt("templates/%s", file->name);

		print_file(file->name, path, NULL);
		free(path);
	}
	return 0;
}

/* Without a config there are still the shipped ones. */
static int
print_list(const struct command_context *context)
{
	struct loaded loaded;
	char *why;

	if (access(context->config_path, R_OK) != 0) {
		why = mem_fmt("%s: only the shipped templates are listed", strerror(errno));
		input_complain(context->config_path, why);
		free(why);
		return print_shipped_list();
	}
	if (!input_load(context, &loaded))
		return 1;
	templates_list(loaded.templates, print_file, NULL);
	loaded_release(&loaded);
	return 0;
}

int
render_list(const struct command_context *context, int list, const char *name)
{
	switch (list) {
	case RENDER_LIST:
		return print_list(context);
	case RENDER_SAMPLES:
		return print_samples();
	case RENDER_PRINT:
		return print_shipped(name);
	default:
		return 2;
	}
}

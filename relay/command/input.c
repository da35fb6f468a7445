#include "relay/command/input.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "relay/base/log.h"
#include "relay/base/mem.h"
#include "relay/command/kinds.h"
#include "relay/config/faults.h"

int
input_read(const char *path, struct buf *out, struct err *err)
{
	bool is_stdin = strcmp(path, "-") == 0;
	FILE *file = is_stdin ? stdin : fopen(path, "re");
	char chunk[16384];
	size_t n;
	int rc = 0;

	if (!file)
		return err_errno(err, "cannot open it");
	while (out->len <= INPUT_MAX && (n = fread(chunk, 1, sizeof chunk, file)) > 0)
		buf_add(out, chunk, n);
	if (ferror(file))
		rc = err_errno(err, "cannot read it");
	else if (out->len > INPUT_MAX)
		rc = err_set(err, "it is larger than %zu bytes", INPUT_MAX);
	if (!is_stdin)
		fclose(file);
	return rc;
}

bool
input_load(const struct command_context *context, struct loaded *loaded)
{
	struct buf report = {0};
	int rc = relay_load(loaded, context->config_path, &command_kinds, &report);

	if (rc != 0)
		fputs(buf_text(&report), stderr);
	buf_fini(&report);
	return rc == 0;
}

void
input_complain(const char *what, const char *why)
{
	char *clean_what = what ? log_escape(what) : NULL, *clean_why = log_escape(why);

	fprintf(stderr, "driftbell: %s%s%s\n", what ? clean_what : "", what ? ": " : "", clean_why);
	free(clean_what);
	free(clean_why);
}

int
input_no_such(struct err *err, const char *what, const char *name, const struct key_list *list,
              size_t item_size)
{
	struct buf names = {0};
	char *word = faults_quote(name);

	for (size_t i = 0; i < list->count; i++) {
		const char *item = (const char *)list->items + i * item_size;

		buf_printf(&names, "%s%s", i ? ", " : ": it has ",
		           *(char *const *)(const void *)item);
	}
	err_set(err, "the config has no %s %s%s", what, word, buf_text(&names));
	free(word);
	buf_fini(&names);
	return -1;
}

static void
print_line(const char *line, size_t len, const char *indent)
{
	char *text, *clean;

	if (len > 0 && line[len - 1] == '\r')
		len--;
	text = mem_strn(line, len);
	fputs(indent, stdout);
	/* A tab moves within its line; log_escape() would not let it. */
	for (char *at = text, *tab; at; at = tab ? tab + 1 : NULL) {
		tab = strchr(at, '\t');
		if (tab)
			*tab = '\0';
		clean = log_escape(at);
		fputs(clean, stdout);
		free(clean);
		if (tab)
			putchar('\t');
	}
	putchar('\n');
	free(text);
}

void
input_print_lines(const char *text, const char *indent)
{
	while (*text) {
		size_t len = strcspn(text, "\n");

		print_line(text, len, indent);
		text += len + (text[len] == '\n');
	}
}

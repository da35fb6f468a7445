#include "tests/flow/story.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "relay/base/buf.h"
#include "relay/base/clock.h"
#include "relay/base/mem.h"

void
line_fail(const struct story_line *line, const char *fmt, ...)
{
	va_list args;

	fprintf(stderr, "%s:%d: ", line->path, line->number);
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fprintf(stderr, "\n\t%s\n", line->text != NULL ? line->text : "");
	exit(1);
}

char *
story_file(const char *directory, const char *name, size_t *len)
{
	char *path = mem_fmt("%s/%s", directory, name);
	FILE *file = fopen(path, "r");
	struct buf text = {0};
	char part[4096];
	size_t n;

	if (file == NULL) {
		perror(path);
		exit(1);
	}
	while ((n = fread(part, 1, sizeof(part), file)) > 0)
		buf_add(&text, part, n);
	fclose(file);
	free(path);
	if (len != NULL)
		*len = text.len;
	buf_add(&text, "", 0);
	return text.data != NULL ? buf_take(&text) : mem_str("");
}

/* One word from *at on; the quotes go. */
static char *
take_word(const struct story_line *line, const char **at)
{
	struct buf word = {0};
	bool quoted = false;

	for (; **at != '\0' && (quoted || (**at != ' ' && **at != '\t')); (*at)++) {
		if (**at == '"')
			quoted = !quoted;
		else
			buf_putc(&word, **at);
	}
	if (quoted)
		line_fail(line, "a quote is open");
	return word.data != NULL ? buf_take(&word) : mem_str("");
}

static void
add_word(struct story_line *line, char *word)
{
	line->words = mem_grow(line->words, line->count + 1, sizeof(*line->words));
	line->words[line->count++] = word;
}

static void
split(struct story_line *line)
{
	const char *at = line->text;

	for (;;) {
		at += strspn(at, " \t");
		if (*at == '\0' || *at == '#')
			return;
		if ((line->count == 2 && strcmp(line->words[0], "raw") == 0) ||
		    (line->count == 1 && strcmp(line->words[0], "silence") == 0)) {
			add_word(line, mem_str(at));
			return;
		}
		add_word(line, take_word(line, &at));
	}
}

static void
line_fini(struct story_line *line)
{
	for (size_t i = 0; i < line->count; i++)
		free(line->words[i]);
	free(line->words);
	free(line->text);
}

void
story_read(struct story *story, const char *directory)
{
	char *text = story_file(directory, "story", NULL), *rest = text;
	int number = 0;

	*story = (struct story){.path = mem_fmt("%s/story", directory)};
	while (rest != NULL) {
		char *one = strsep(&rest, "\n");
		struct story_line line = {
			.path = story->path, .number = ++number, .text = mem_str(one)};

		split(&line);
		if (line.count == 0) {
			line_fini(&line);
			continue;
		}
		story->lines = mem_grow(story->lines, story->count + 1, sizeof(*story->lines));
		story->lines[story->count++] = line;
	}
	free(text);
}

void
story_fini(struct story *story)
{
	for (size_t i = 0; i < story->count; i++)
		line_fini(&story->lines[i]);
	free(story->lines);
	free(story->path);
}

const char *
line_word(const struct story_line *line, size_t i)
{
	if (i >= line->count)
		line_fail(line, "a word is missing");
	return line->words[i];
}

const char *
line_option(const struct story_line *line, const char *name)
{
	size_t len = strlen(name);

	for (size_t i = 0; i < line->count; i++)
		if (strncmp(line->words[i], name, len) == 0 && line->words[i][len] == '=')
			return line->words[i] + len + 1;
	return NULL;
}

const char *
line_option_or(const struct story_line *line, const char *name, const char *fallback)
{
	const char *value = line_option(line, name);

	return value != NULL ? value : fallback;
}

bool
line_flag(const struct story_line *line, const char *word)
{
	for (size_t i = 0; i < line->count; i++)
		if (strcmp(line->words[i], word) == 0)
			return true;
	return false;
}

int64_t
line_number(const struct story_line *line, const char *text)
{
	char *end;
	long long n = strtoll(text, &end, 10);

	if (end == text || *end != '\0')
		line_fail(line, "\"%s\" is not a number", text);
	return n;
}

int64_t
line_time(const struct story_line *line, const char *text, int64_t now_ms)
{
	int64_t ms = 0;

	if (strcmp(text, "none") == 0)
		return 0;
	if (text[0] == '+' || text[0] == '-') {
		if (!duration_parse(text + 1, &ms))
			line_fail(line, "\"%s\" is not a duration", text);
		return text[0] == '+' ? now_ms + ms : now_ms - ms;
	}
	if (!time_parse(text, &ms))
		line_fail(line, "\"%s\" is not a time", text);
	return ms;
}

int64_t
line_time_or(const struct story_line *line, const char *name, int64_t now_ms, int64_t fallback)
{
	const char *text = line_option(line, name);

	return text != NULL ? line_time(line, text, now_ms) : fallback;
}

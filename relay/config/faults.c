#include "relay/config/faults.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "relay/base/log.h"
#include "relay/base/mem.h"
#include "relay/base/text.h"

#define QUOTE_MAX 60 /* code points */

struct fault {
	int line, column;
	size_t order; /* keeps faults of one place as they were found */
	bool warning;
	char *text;
};

static PRINTF_LIKE(5, 0) void add(struct faults *faults, bool warning, int line, int column,
                                  const char *fmt, va_list args)
{
	struct fault *f;

	if (faults->count == FAULTS_MAX) {
		faults->dropped++;
		return;
	}
	if (faults->count == faults->cap) {
		faults->cap = faults->cap > 0 ? 2 * faults->cap : 16;
		faults->items = mem_grow(faults->items, faults->cap, sizeof(*faults->items));
	}
	f = &faults->items[faults->count];
	*f = (struct fault){
		.line = line > 0 ? line : 1,
		.column = column > 0 ? column : 1,
		.order = faults->count++,
		.warning = warning,
		.text = mem_vfmt(fmt, args),
	};
}

void
faults_add(struct faults *faults, int line, int column, const char *fmt, ...)
{
	va_list args;

	faults->errors++;
	va_start(args, fmt);
	add(faults, false, line, column, fmt, args);
	va_end(args);
}

void
faults_warn(struct faults *faults, int line, int column, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	add(faults, true, line, column, fmt, args);
	va_end(args);
}

static bool
is_there(const struct faults *faults, const struct fault *fault)
{
	for (size_t i = 0; i < faults->count; i++) {
		const struct fault *f = &faults->items[i];

		if (f->line == fault->line && f->column == fault->column &&
		    f->warning == fault->warning && strcmp(f->text, fault->text) == 0)
			return true;
	}
	return false;
}

void
faults_move(struct faults *into, struct faults *from, fault_place_fn *place, const void *arg)
{
	for (size_t i = 0; i < from->count; i++) {
		struct fault *f = &from->items[i];

		from->errors -= f->warning ? 0 : 1;
		if (place != NULL)
			place(&f->line, &f->column, arg);
		if (is_there(into, f))
			continue;
		if (f->warning)
			faults_warn(into, f->line, f->column, "%s", f->text);
		else
			faults_add(into, f->line, f->column, "%s", f->text);
	}
	into->errors += from->errors; /* those only counted */
	into->dropped += from->dropped;
	faults_fini(from);
}

static int
by_place(const void *left, const void *right)
{
	const struct fault *a = left, *b = right;

	if (a->line != b->line)
		return a->line < b->line ? -1 : 1;
	if (a->column != b->column)
		return a->column < b->column ? -1 : 1;
	return a->order < b->order ? -1 : 1;
}

void
faults_report(struct faults *faults, const char *path, struct buf *report)
{
	char *name = log_escape(path);

	if (faults->count > 1)
		qsort(faults->items, faults->count, sizeof(*faults->items), by_place);
	for (size_t i = 0; i < faults->count; i++) {
		const struct fault *f = &faults->items[i];

		buf_printf(report, "%s:%d:%d: %s%s\n", name, f->line, f->column,
		           f->warning ? "warning: " : "", f->text);
	}
	if (faults->dropped > 0) {
		const struct fault *last = &faults->items[faults->count - 1];

		buf_printf(report, "%s:%d:%d: and %zu more faults\n", name, last->line,
		           last->column, faults->dropped);
	}
	free(name);
}

void
faults_fini(struct faults *faults)
{
	for (size_t i = 0; i < faults->count; i++)
		free(faults->items[i].text);
	free(faults->items);
	*faults = (struct faults){0};
}

char *
faults_quote(const char *word)
{
	size_t len = utf8_prefix(word, QUOTE_MAX);
	char *cut = mem_strn(word, len);
	char *safe = log_escape(cut);
	char *quoted = mem_fmt("\"%s%s\"", safe, word[len] != '\0' ? "..." : "");

	free(safe);
	free(cut);
	return quoted;
}

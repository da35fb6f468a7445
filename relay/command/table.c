#include "relay/command/table.h"

#include <stdio.h>
#include <stdlib.h>

#include "relay/base/clock.h"
#include "relay/base/log.h"
#include "relay/base/mem.h"
#include "relay/base/text.h"

void
table_init(struct table *table, const char *const *titles)
{
	*table = (struct table){.titles = titles};
	for (; titles[table->columns]; table->columns++)
		table->widths[table->columns] = utf8_count(titles[table->columns]);
}

void
table_cell(struct table *table, const char *text)
{
	char *clean = text && text[0] ? log_escape(text) : mem_str("-");
	size_t *width = &table->widths[table->count % table->columns], chars = utf8_count(clean);

	if (chars > *width)
		*width = chars < TABLE_WIDTH_MAX ? chars : TABLE_WIDTH_MAX;
	table->cells = mem_grow(table->cells, table->count + 1, sizeof *table->cells);
	table->cells[table->count++] = clean;
}

/* Nothing is padded behind the last column. */
static void
print_row(const struct table *table, const char *const *cells)
{
	for (size_t i = 0; i < table->columns; i++) {
		fputs(cells[i], stdout);
		if (i + 1 == table->columns)
			break;
		for (size_t n = utf8_count(cells[i]); n < table->widths[i]; n++)
			putchar(' ');
		fputs("  ", stdout);
	}
	putchar('\n');
}

void
table_print(struct table *table)
{
	if (table->count > 0 && !table->begun)
		print_row(table, table->titles);
	for (size_t i = 0; i + table->columns <= table->count; i += table->columns)
		print_row(table, (const char *const *)table->cells + i);
	table->begun = table->begun || table->count > 0;
	for (size_t i = 0; i < table->count; i++)
		free(table->cells[i]);
	table->count = 0;
}

void
table_fini(struct table *table)
{
	for (size_t i = 0; i < table->count; i++)
		free(table->cells[i]);
	free(table->cells);
	table->cells = NULL;
	table->count = 0;
}

const char *
age_text(int64_t at_ms, int64_t now_ms, char out[AGE_SIZE])
{
	static const struct {
		int64_t ms;
		const char *name;
	} units[] = {{DAY_MS, "d"}, {HOUR_MS, "h"}, {MINUTE_MS, "min"}};
	int64_t age = now_ms - at_ms;

	if (at_ms == 0)
		return NULL;
	for (size_t i = 0; i < COUNT(units); i++)
		if (age >= units[i].ms) {
			snprintf(out, AGE_SIZE, "%lld %s ago", (long long)(age / units[i].ms),
			         units[i].name);
			return out;
		}
	return "now";
}

#include "catch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "relay/base/mem.h"

#define MOST 16384

struct catch catch_begin(void)
{
	struct catch c = {.file = tmpfile()};

	assert_non_null(c.file);
	fflush(stdout);
	c.before = dup(STDOUT_FILENO);
	assert_true(dup2(fileno(c.file), STDOUT_FILENO) >= 0);
	return c;
}

char *
catch_end(struct catch *c)
{
	char *text = mem_alloc(MOST);

	fflush(stdout);
	assert_true(dup2(c->before, STDOUT_FILENO) >= 0);
	close(c->before);
	rewind(c->file);
	text[fread(text, 1, MOST - 1, c->file)] = '\0';
	fclose(c->file);
	return text;
}

/*
 * shipped.h - the templates that come with Driftbell, loaded once for a group of tests.
 */
#ifndef TESTS_UNIT_SHIPPED_H
#define TESTS_UNIT_SHIPPED_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "relay/base/buf.h"
#include "relay/message/templates.h"

static struct templates *shipped;

/* As cmocka's fixtures of a group. */
static int
shipped_load(void **state)
{
	struct buf report = {0};
	int rc = templates_load(&shipped, NULL, &report);

	(void)state;
	if (rc != 0 || report.len > 0)
		print_error("%s", buf_text(&report));
	rc = rc != 0 || report.len > 0 ? -1 : 0;
	buf_fini(&report);
	return rc;
}

static int
shipped_release(void **state)
{
	(void)state;
	templates_release(shipped);
	return 0;
}

#endif

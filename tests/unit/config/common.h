/*
 * common.h - what the tests of the config room share: kinds of their own, a
 * folder with secrets, and a config as text.
 */
#ifndef TESTS_UNIT_CONFIG_COMMON_H
#define TESTS_UNIT_CONFIG_COMMON_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "relay/config/conf.h"

struct letter_options { /* of the source kind "letter" */
	struct secret seal;
	struct key_texts hosts;
	char *api;
};
struct bell_options { /* of the sink kind "bell" */
	char *url;
	struct secret rope;
	bool loud;
};
struct drum_options { /* of the sink kind "drum" */
	int64_t beats;
};

extern const struct conf_kinds test_kinds; /* kinds: image.revocation, workspace.drift */

/* A folder of its own for the test program, removed at its end.  It holds the
 * files "one" (a line), "two" (two lines), both mode 600. */
int folder_make(void **state);
int folder_remove(void **state);
const char *folder(void);
/* Writes a file there; returns its path, borrowed until the next call. */
const char *folder_file(const char *name, const char *text, unsigned mode);
/* A certificate NAME.pem there, and its key NAME.key, mode 600. */
void folder_certificate(const char *name);

/* Loads the text as FOLDER/c.yaml.  Exactly one of them is then set. */
struct loaded {
	struct conf *conf;
	struct buf report; /* without the path: "LINE:COL: message\n" each */
};
struct loaded load(const char *text);
void loaded_fini(struct loaded *);

/* The report is exactly this, and it is a fault. */
void assert_faults(const char *text, const char *report);
/* Somewhere in the report, and it is a fault. */
void assert_fault(const char *text, const char *line);
/* It loads; the report is exactly this. */
void assert_loads(const char *text, const char *report);

#endif

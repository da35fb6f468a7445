/*
 * fault_check.h - what a sink kind tells of options that no file gave.
 */
#ifndef TESTS_UNIT_SINKS_FAULT_CHECK_H
#define TESTS_UNIT_SINKS_FAULT_CHECK_H

#include "relay/base/buf.h"
#include "relay/config/section.h"
#include "sinks/sink.h"

struct told {
	struct faults faults;
	struct node nowhere;
	struct section section;
};

static inline void
told_init(struct told *told)
{
	*told = (struct told){.nowhere = {.type = NODE_MAP, .line = 1, .column = 1}};
	told->section =
		(struct section){.faults = &told->faults, .name = "sink", .at = &told->nowhere};
}

/* The report, which the caller frees; NULL where nothing was told. */
static inline char *
told_take(struct told *told)
{
	struct buf report = {0};

	faults_report(&told->faults, "f", &report);
	faults_fini(&told->faults);
	return report.len > 0 ? buf_take(&report) : NULL;
}

static inline char *
faults_of(const struct sink_kind *kind, const void *options)
{
	struct told told;

	told_init(&told);
	kind->conf.check(options, &told.section);
	return told_take(&told);
}

static inline char *
faults_for_team(const struct sink_kind *kind, const void *options, const char *team)
{
	struct told told;

	told_init(&told);
	kind->conf.check_team(options, team, &told.section);
	return told_take(&told);
}

#endif

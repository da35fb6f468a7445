/*
 * faults.h - everything that is wrong with a config file, told in one go.
 *
 * Whoever finds a fault adds it with its place and goes on; the report puts
 * them into the order of the file.  Texts never hold a value that could be a
 * secret, and words from the file are quoted with faults_quote().
 */
#ifndef RELAY_CONFIG_FAULTS_H
#define RELAY_CONFIG_FAULTS_H

#include <stddef.h>

#include "relay/base/buf.h"
#include "relay/base/err.h"

/* More faults than this are only counted: a hostile file must not make a
 * report many times its size. */
#define FAULTS_MAX 500

struct fault; /* faults.c */

struct faults {
	struct fault *items;
	size_t count, cap;
	size_t errors;  /* all faults, also those only counted; without warnings */
	size_t dropped; /* only counted */
};

/* Lines and columns are from 1. */
void faults_add(struct faults *, int line, int column, const char *fmt, ...) PRINTF_LIKE(4, 5);
void faults_warn(struct faults *, int line, int column, const char *fmt, ...) PRINTF_LIKE(4, 5);

/*
 * Moves all of `from`, each to where `place` says it is (NULL: it stays), but
 * not one that `into` has already, word for word at that place.  For a text
 * that was read as a part of a file, or more than once.
 */
typedef void fault_place_fn(int *line, int *column, const void *arg);
void faults_move(struct faults *into, struct faults *from, fault_place_fn *place, const void *arg);

/* "PATH:LINE:COL: [warning: ]text\n" for each, sorted by place. */
void faults_report(struct faults *, const char *path, struct buf *report);
void faults_fini(struct faults *);

/* A word of the file for a message: in double quotes, control bytes escaped,
 * cut when long.  The caller frees. */
char *faults_quote(const char *word);

#endif

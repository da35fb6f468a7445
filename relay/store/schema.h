/*
 * schema.h - numbered migrations, run in one transaction at start.
 */
#ifndef RELAY_STORE_SCHEMA_H
#define RELAY_STORE_SCHEMA_H

/* Each entry is a script of statements, `;` between them.  "@ROWLESS@" at the
 * end of a CREATE TABLE is the driver's (SQLite: WITHOUT ROWID; PostgreSQL:
 * nothing). The version of a store is how many have run. */
extern const char *const schema_migrations[];
/* The table that keeps the version, made before the first of them. */
extern const char schema_meta[];
extern const int schema_version; /* how many migrations there are */

#endif

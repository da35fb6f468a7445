/* workspace_row.h - a workspace from a row that has WORKSPACE_COLUMNS (sql_catalog.h). */
#ifndef RELAY_STORE_WORKSPACE_ROW_H
#define RELAY_STORE_WORKSPACE_ROW_H

#include "relay/model/workspace.h"
#include "relay/store/db.h"

/* From column `c` on; *out is the caller's to workspace_fini(). */
void workspace_row(struct db_row *, int c, struct workspace *out);
/* A copy of a text; NULL where there is none. */
char *row_text(struct db_row *, int column);

#endif

/* Prints every SQL text of the relay as JSON: {"migrations": [...], "statements": {ID: text}}. */
#include <jansson.h>
#include <stdio.h>

#include "relay/store/schema.h"
#include "relay/store/statements.h"

int
main(void)
{
	json_t *migrations = json_array(), *statements = json_object();

	json_array_append_new(migrations, json_string(schema_meta));
	for (int i = 0; i < schema_version; i++)
		json_array_append_new(migrations, json_string(schema_migrations[i]));
	for (int i = 0; i < ST_COUNT; i++)
		json_object_set_new(statements, statement_names[i],
		                    json_string(statement_texts[i]));

	json_t *all = json_pack("{s:o, s:o}", "migrations", migrations, "statements", statements);
	int rc = all ? json_dumpf(all, stdout, JSON_INDENT(1)) : -1;
	json_decref(all);
	return rc == 0 ? 0 : 1;
}

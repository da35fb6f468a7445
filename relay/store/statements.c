#include "relay/store/statements.h"

const char *const statement_texts[ST_COUNT] = {
#define STATEMENT_TEXT(id, text) text,
	STATEMENTS(STATEMENT_TEXT)
#undef STATEMENT_TEXT
};

const char *const statement_names[ST_COUNT] = {
#define STATEMENT_NAME(id, text) #id,
	STATEMENTS(STATEMENT_NAME)
#undef STATEMENT_NAME
};

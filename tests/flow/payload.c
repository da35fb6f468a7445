#include "tests/flow/payload.h"

#include <stdlib.h>
#include <string.h>

#include "relay/base/clock.h"
#include "relay/base/mem.h"

static const struct payload_verb verbs[] = {
	{"packer", "hcp_packer", payload_packer},
	{"run", "hcp_terraform", payload_run},
	{"assessment", "hcp_terraform", payload_assessment},
	{"reminder", "hcp_terraform", payload_reminder},
	{"change_request", "hcp_terraform", payload_change_request},
	{"destroyed", "hcp_terraform", payload_destroyed},
	{"deleted", "hcp_terraform", payload_deleted},
};

const struct payload_verb *
payload_verb_of(const char *word)
{
	for (size_t i = 0; i < COUNT(verbs); i++)
		if (strcmp(verbs[i].word, word) == 0)
			return &verbs[i];
	return NULL;
}

json_t *
payload_time(int64_t ms)
{
	char text[TIME_TEXT_SIZE];

	return ms != 0 ? json_string(time_text(ms, text)) : json_null();
}

json_t *
payload_text_take(char *text)
{
	json_t *value = json_string(text);

	free(text);
	return value;
}

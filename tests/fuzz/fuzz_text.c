/*
 * fuzz_text.c - the small readers of text: times, durations, URLs, base64,
 * globs, UTF-8, escaping.  Every
 * reader gets every input.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "relay/base/clock.h"
#include "relay/base/log.h"
#include "relay/base/mem.h"
#include "relay/base/sign.h"
#include "relay/base/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
must(int holds)
{
	if (!holds)
		abort();
}

static void
check_time(const char *text)
{
	char written[TIME_TEXT_SIZE];
	int64_t ms, again;

	if (time_parse(text, &ms) && ms >= 0) {
		must(time_parse(time_text(ms, written), &again));
		/* An offset can carry a time out of year 9999, which is written as the epoch. */
		must(again == ms || again == 0);
	}
	if (duration_parse(text, &ms))
		must(ms >= 0);
}

static void
check_base64(const char *text)
{
	size_t len;
	unsigned char *bytes = base64_decode(text, &len);

	if (bytes == NULL)
		return;
	char *again = base64_encode(bytes, len);
	must(strncmp(again, text, strcspn(text, "=")) == 0);
	free(again);
	free(bytes);
}

static void
check_url(const char *text)
{
	char *authority = url_authority(text);
	char *host = url_host(text);

	must((authority != NULL) == url_is_http(text));
	must((host != NULL) == url_is_http(text));
	if (host != NULL)
		must(strncmp(authority, host, strlen(host)) == 0);
	free(authority);
	free(host);
}

static void
check_escape(const char *text)
{
	char *escaped = log_escape(text);

	must(utf8_valid(escaped, strlen(escaped)));
	for (const char *c = escaped; *c != '\0'; c++)
		must((unsigned char)*c >= 0x20 && *c != 0x7f);
	must(utf8_prefix(escaped, utf8_count(escaped)) == strlen(escaped));
	free(escaped);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = mem_strn((const char *)data, size);
	const char *half = text + strlen(text) / 2;

	check_time(text);
	check_base64(text);
	check_url(text);
	check_escape(text);
	must(glob_match("*", text));
	glob_match(text, half);
	if (size < 200)
		must(edit_distance(text, half) <= strlen(text));
	free(text);
	return 0;
}

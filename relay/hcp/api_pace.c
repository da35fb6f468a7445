#include "relay/hcp/api_pace.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "relay/base/clock.h"

#define RESET_MIN_MS 100 /* a clock that is a little off must not make us ask too early */
#define LATER_MS SECOND_MS
#define LATER_MAX_MS (10 * MINUTE_MS)
#define BACKOFF_MAX_MS MINUTE_MS

int64_t
pace_wait(const struct api_pace *pace, int64_t now_ms)
{
	return pace->next_at > now_ms ? pace->next_at - now_ms : 0;
}

static void
wait_until(struct api_pace *pace, int64_t at)
{
	if (pace->next_at < at)
		pace->next_at = at;
}

/* Places are handed out one behind the other; time in which nobody asked is not made up for. */
void
pace_went(struct api_pace *pace, int64_t now_ms)
{
	wait_until(pace, now_ms);
	pace->next_at += API_SPACING_MS;
}

/* 0: nothing that can be read. */
static int64_t
reset_ms(const char *text)
{
	char *end;
	double seconds = text != NULL ? strtod(text, &end) : 0;

	if (text == NULL || end == text || !isfinite(seconds) || seconds <= 0)
		return 0;
	if (seconds >= (double)LATER_MAX_MS / SECOND_MS)
		return LATER_MAX_MS;
	return (int64_t)(seconds * SECOND_MS + 0.999) + RESET_MIN_MS;
}

static int64_t
longest(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

/* Header texts are short and not ours: "0", however it is written. */
static bool
is_zero(const char *text)
{
	return text != NULL && *text != '\0' && text[strspn(text, "0")] == '\0';
}

enum api_meaning
pace_came(struct api_pace *pace, const struct api_headers *came, int64_t now_ms)
{
	int64_t reset = reset_ms(came->reset), told = longest(reset, came->retry_after_ms);
	bool failed = came->status == 0 || came->status == 408 || came->status >= 500;

	if (came->status == 429) {
		wait_until(pace, now_ms + (told > 0 ? told : LATER_MS));
		return API_MEANS_LATER;
	}
	if (failed) {
		if (came->retry_after_ms > 0)
			wait_until(pace, now_ms + came->retry_after_ms);
		return API_MEANS_FAILED;
	}
	if (is_zero(came->remaining))
		wait_until(pace, now_ms + reset);
	pace->refused_until = came->status == 401 ? now_ms + API_PROBE_MS : 0;
	if (came->status == 401)
		return API_MEANS_BAD_TOKEN;
	if (came->status == 403 || came->status == 404)
		return API_MEANS_NO_RIGHTS;
	return came->status >= 200 && came->status < 300 ? API_MEANS_OK : API_MEANS_REFUSED;
}

int64_t
pace_backoff(int failures)
{
	int64_t wait = SECOND_MS;

	while (--failures > 0 && wait < BACKOFF_MAX_MS)
		wait *= 2;
	return wait < BACKOFF_MAX_MS ? wait : BACKOFF_MAX_MS;
}

#include "relay/flow/backoff.h"

#include "relay/base/clock.h"

#define FIRST_MS (5 * SECOND_MS)

int64_t
backoff_ms(int failures, int64_t most_ms, uint32_t random)
{
	int64_t delay = FIRST_MS;

	for (int i = 1; i < failures && delay < most_ms; i++)
		delay *= 2;
	if (delay > most_ms)
		delay = most_ms;
	int64_t fifth = delay / 5;
	return delay - fifth + (int64_t)(random % (uint32_t)(2 * fifth + 1));
}

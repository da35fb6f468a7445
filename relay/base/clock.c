#include "relay/base/clock.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

static int64_t
read_ms(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (int64_t)now.tv_sec * SECOND_MS + now.tv_nsec / 1000000;
}

int64_t
clock_wall_ms(void)
{
	return read_ms(CLOCK_REALTIME);
}

int64_t
clock_mono_ms(void)
{
	return read_ms(CLOCK_MONOTONIC);
}

static bool
is_leap(int year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int
days_in_month(int year, int month)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

	return month == 2 && is_leap(year) ? 29 : days[month - 1];
}

/*
 * Days since 1970-01-01 in the proleptic Gregorian calendar.  The year is
 * counted from March, so that the leap day is its last day and the months
 * before it have lengths that (153 * m + 2) / 5 sums up.
 */
static int64_t
days_since_epoch(int year, int month, int day)
{
	int64_t y = month > 2 ? year : year - 1;
	int64_t from_march = (month + 9) % 12;
	int64_t century = (y >= 0 ? y : y - 399) / 400;
	int64_t year_of_400 = y - century * 400;
	int64_t day_of_year = (153 * from_march + 2) / 5 + day - 1;

	return century * 146097 + year_of_400 * 365 + year_of_400 / 4 - year_of_400 / 100 +
	       day_of_year - 719468;
}

/* Exactly `count` digits at *at, which moves behind them. */
static bool
take_digits(const char **at, int count, int *out)
{
	int value = 0;

	for (int i = 0; i < count; i++, (*at)++) {
		if (**at < '0' || **at > '9')
			return false;
		value = value * 10 + (**at - '0');
	}
	*out = value;
	return true;
}

static bool
take_char(const char **at, const char *choices)
{
	if (**at == '\0' || strchr(choices, **at) == NULL)
		return false;
	(*at)++;
	return true;
}

static bool
take_date(const char **at, int64_t *days)
{
	int year, month, day;

	if (!take_digits(at, 4, &year) || !take_char(at, "-") || !take_digits(at, 2, &month) ||
	    !take_char(at, "-") || !take_digits(at, 2, &day))
		return false;
	if (month < 1 || month > 12 || day < 1 || day > days_in_month(year, month))
		return false;
	*days = days_since_epoch(year, month, day);
	return true;
}

/* 1 to 9 digits behind the point; what is finer than a millisecond is cut. */
static bool
take_fraction(const char **at, int *ms)
{
	int count = 0;
	int scale = 100;

	*ms = 0;
	for (; **at >= '0' && **at <= '9'; (*at)++, count++) {
		*ms += (**at - '0') * scale;
		scale /= 10;
	}
	return count >= 1 && count <= 9;
}

static bool
take_clock(const char **at, int64_t *ms_of_day)
{
	int hour, minute, second;
	int ms = 0;

	if (!take_digits(at, 2, &hour) || !take_char(at, ":") || !take_digits(at, 2, &minute) ||
	    !take_char(at, ":") || !take_digits(at, 2, &second))
		return false;
	/* 60 is a leap second: the first moment of the next minute. */
	if (hour > 23 || minute > 59 || second > 60)
		return false;
	if (take_char(at, ".") && !take_fraction(at, &ms))
		return false;
	*ms_of_day = hour * HOUR_MS + minute * MINUTE_MS + second * SECOND_MS + ms;
	return true;
}

static bool
take_offset(const char **at, int64_t *offset_ms)
{
	int hour, minute;

	*offset_ms = 0;
	if (take_char(at, "Zz"))
		return true;

	int64_t sign = **at == '-' ? -1 : 1;
	if (!take_char(at, "+-") || !take_digits(at, 2, &hour) || !take_char(at, ":") ||
	    !take_digits(at, 2, &minute) || hour > 23 || minute > 59)
		return false;
	*offset_ms = sign * (hour * HOUR_MS + minute * MINUTE_MS);
	return true;
}

bool
time_parse(const char *text, int64_t *out)
{
	int64_t days, ms_of_day, offset_ms;

	if (text == NULL || !take_date(&text, &days) || !take_char(&text, "Tt ") ||
	    !take_clock(&text, &ms_of_day) || !take_offset(&text, &offset_ms) || *text != '\0')
		return false;
	*out = days * DAY_MS + ms_of_day - offset_ms;
	return true;
}

int64_t
time_or_none(const char *text)
{
	int64_t ms;

	/* Year 1 is before the epoch; both are how Go and protobuf write "none". */
	if (!time_parse(text, &ms) || ms <= 0)
		return 0;
	return ms;
}

#define YEAR_0_MS INT64_C(-62167219200000)    /* the first moment of it */
#define YEAR_9999_MS INT64_C(253402300799999) /* the last */

const char *
time_text(int64_t ms, char out[TIME_TEXT_SIZE])
{
	if (ms < YEAR_0_MS || ms > YEAR_9999_MS)
		ms = 0; /* RFC 3339 cannot say it: nothing of ours is so, a peer's number may be */

	int64_t fraction = ((ms % SECOND_MS) + SECOND_MS) % SECOND_MS;
	time_t seconds = (time_t)((ms - fraction) / SECOND_MS);
	struct tm tm;

	gmtime_r(&seconds, &tm);
	size_t used = strftime(out, TIME_TEXT_SIZE, "%FT%T", &tm);
	if (fraction != 0)
		snprintf(out + used, TIME_TEXT_SIZE - used, ".%03dZ", (int)fraction);
	else
		snprintf(out + used, TIME_TEXT_SIZE - used, "Z");
	return out;
}

bool
duration_parse(const char *text, int64_t *out_ms)
{
	static const struct {
		const char *name;
		int64_t ms;
	} units[] = {
		{"ms", 1}, {"s", SECOND_MS}, {"m", MINUTE_MS}, {"h", HOUR_MS}, {"d", DAY_MS},
	};
	int64_t number = 0;
	size_t digits = 0;

	if (text == NULL)
		return false;
	for (; text[digits] >= '0' && text[digits] <= '9'; digits++) {
		if (digits >= 12)
			return false;
		number = number * 10 + (text[digits] - '0');
	}
	if (digits == 0)
		return false;
	if (number == 0 && text[digits] == '\0') {
		*out_ms = 0;
		return true;
	}
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (strcmp(text + digits, units[i].name) == 0)
			return !__builtin_mul_overflow(number, units[i].ms, out_ms) &&
			       *out_ms <= DURATION_MAX_MS;
	}
	return false;
}

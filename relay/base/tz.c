#include "relay/base/tz_zone.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "relay/base/clock.h"
#include "relay/base/tz.h"

#define ZONES "/usr/share/zoneinfo/"
#define ZONE_MAX 63 /* the longest of the tz database has 32 bytes */
#define PREFIX_LEN 3

/*
 * The environment holds this very memory for good: a zone is changed by
 * writing behind "TZ=".  setenv(3) would move what getenv(3) in another thread
 * may be reading.  The last byte is never written, so there is always an end.
 */
static char variable[PREFIX_LEN + ZONE_MAX + 1] = "TZ=UTC";
static pthread_once_t ready = PTHREAD_ONCE_INIT;
static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;

static void
put_variable(void)
{
	putenv(variable);
	tzset();
}

void
tz_init(void)
{
	pthread_once(&ready, put_variable);
}

static bool
is_sane(const char *zone)
{
	static const char name[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				   "0123456789_+-/";
	size_t len = strnlen(zone, ZONE_MAX + 1);

	return len > 0 && len <= ZONE_MAX && zone[0] != '/' && strspn(zone, name) == len;
}

/* Beside the zones there are lists and folders in the same place. */
static bool
is_zone_file(const char *path)
{
	char magic[4];
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	bool is = fd >= 0 && read(fd, magic, sizeof(magic)) == (ssize_t)sizeof(magic) &&
	          memcmp(magic, "TZif", sizeof(magic)) == 0;

	if (fd >= 0)
		close(fd);
	return is;
}

bool
tz_known(const char *zone)
{
	char path[sizeof(ZONES) + ZONE_MAX];

	if (zone == NULL || !is_sane(zone))
		return false;
	if (strcmp(zone, "UTC") == 0)
		return true; /* without the tz database, too */
	snprintf(path, sizeof(path), ZONES "%s", zone);
	return is_zone_file(path);
}

/* Reading a zone costs a few files' worth: the one in use is kept. */
int
tz_enter(const char *zone, struct err *err)
{
	tz_init();
	pthread_mutex_lock(&turn);
	if (zone != NULL && strcmp(variable + PREFIX_LEN, zone) == 0)
		return 0;
	if (!tz_known(zone)) {
		pthread_mutex_unlock(&turn);
		return err_set(err, "the time zone is not known here");
	}
	memcpy(variable + PREFIX_LEN, zone, strlen(zone) + 1);
	tzset();
	return 0;
}

void
tz_leave(void)
{
	pthread_mutex_unlock(&turn);
}

/* What strftime(3) makes of a zone's name it reads from `tm`, which localtime_r
 * points into libc's memory: both belong to one turn. */
static int
format_there(char text[TZ_TEXT_MAX + 1], time_t seconds, const char *format, struct err *err)
{
	struct tm tm;

	if (localtime_r(&seconds, &tm) == NULL)
		return err_set(err, "the time is out of range");
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral" /* it is the caller's */
	size_t len = strftime(text, TZ_TEXT_MAX + 1, format, &tm);
#pragma GCC diagnostic pop
	if (len == 0)
		return err_set(err, "the time format gives nothing, or more than %d bytes",
		               TZ_TEXT_MAX);
	return 0;
}

int
tz_format(struct buf *out, int64_t ms, const char *format, const char *zone, struct err *err)
{
	char text[TZ_TEXT_MAX + 1];
	int64_t into_second = ((ms % SECOND_MS) + SECOND_MS) % SECOND_MS;

	if (tz_enter(zone, err) != 0)
		return -1;
	int rc = format_there(text, (time_t)((ms - into_second) / SECOND_MS), format, err);
	tz_leave();
	if (rc == 0)
		buf_puts(out, text);
	return rc;
}

#include "relay/config/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "relay/base/mem.h"

/* Variables read so far; they live as long as the process. */
static struct remembered {
	struct remembered *next;
	char *name;
	char *value;
} * remembered;

static bool
is_blank(const char *line, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (line[i] != ' ' && line[i] != '\t')
			return false;
	return true;
}

/* The length of the line at `text` without its end ("\n" or "\r\n"), and of the whole. */
static size_t
line_length(const char *text, size_t len, size_t *whole)
{
	const char *end = memchr(text, '\n', len);
	size_t n = end != NULL ? (size_t)(end - text) : len;

	*whole = end != NULL ? n + 1 : n;
	return n > 0 && text[n - 1] == '\r' ? n - 1 : n;
}

static int
take_lines(struct secret *out, const char *text, size_t len, struct err *err)
{
	size_t whole;

	out->values = mem_array(SECRET_KEYS_MAX, sizeof(*out->values));
	for (size_t at = 0; at < len; at += whole) {
		size_t n = line_length(text + at, len - at, &whole);

		if (is_blank(text + at, n))
			continue;
		if (out->count == SECRET_KEYS_MAX)
			return err_set(err, "it holds more than %d keys", SECRET_KEYS_MAX);
		out->values[out->count++] = mem_strn(text + at, n);
	}
	return out->count > 0 ? 0 : err_set(err, "it is empty");
}

static int
take_whole(struct secret *out, const char *text, size_t len, struct err *err)
{
	size_t whole;
	size_t n = line_length(text, len, &whole);

	if (whole < len)
		return err_set(err, "it holds more than one line");
	if (is_blank(text, n))
		return err_set(err, "it is empty");
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)text[i] < ' ' || text[i] == 0x7f)
			return err_set(err, "it holds a control byte");
	out->values = mem_array(1, sizeof(*out->values));
	out->values[out->count++] = mem_strn(text, n);
	return 0;
}

static int
take(struct secret *out, const char *text, size_t len, bool plural, struct err *err)
{
	static const char mark[] = "\xef\xbb\xbf";
	struct secret made = {0};
	int rc;

	if (memchr(text, '\0', len) != NULL)
		return err_set(err, "it holds a NUL byte");
	/* An editor's, not the key's, which would match nothing. */
	if (len >= strlen(mark) && memcmp(text, mark, strlen(mark)) == 0)
		return err_set(err, "it begins with a byte order mark: save it without");
	rc = plural ? take_lines(&made, text, len, err) : take_whole(&made, text, len, err);
	if (rc == 0)
		*out = made;
	else
		secret_fini(&made);
	return rc;
}

/*
 * stat() comes before open(): opening a FIFO can block and opening a device
 * can do things.  fstat() comes after, in case the path changed in between.
 */
static int
open_secret(const char *path, struct err *err)
{
	struct stat st;
	int fd = -1;

	if (stat(path, &st) != 0)
		return err_errno(err, "it cannot be read");
	if (S_ISREG(st.st_mode)) {
		fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
		if (fd < 0 || fstat(fd, &st) != 0) {
			err_errno(err, "it cannot be read");
			goto bad;
		}
	}
	if (!S_ISREG(st.st_mode)) {
		err_set(err, "it is not a regular file");
		goto bad;
	}
	if ((st.st_mode & 077) != 0) {
		err_set(err, "others than its owner can use it (mode %04o): chmod 600 it",
		        (unsigned)(st.st_mode & 07777));
		goto bad;
	}
	return fd;
bad:
	if (fd >= 0)
		close(fd);
	return -1;
}

/* Reads at most `size` bytes; -1 with errno. */
static ssize_t
read_all(int fd, char *to, size_t size)
{
	size_t len = 0;

	while (len < size) {
		ssize_t n = read(fd, to + len, size - len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		if (n == 0)
			break;
		len += (size_t)n;
	}
	return (ssize_t)len;
}

int
secret_from_file(struct secret *out, const char *path, bool plural, struct err *err)
{
	char *text = NULL;
	ssize_t len;
	int rc = -1, fd;

	fd = open_secret(path, err);
	if (fd < 0)
		return err_prefix(err, "file %s", path);
	text = mem_alloc(SECRET_FILE_MAX + 1);
	len = read_all(fd, text, SECRET_FILE_MAX + 1);
	close(fd);
	if (len < 0)
		err_errno(err, "it cannot be read");
	else if (len > SECRET_FILE_MAX)
		err_set(err, "it is larger than %d bytes", SECRET_FILE_MAX);
	else
		rc = take(out, text, (size_t)len, plural, err);
	if (rc == 0)
		out->origin = mem_fmt("file %s", path);
	else
		err_prefix(err, "file %s", path);
	mem_wipe_free(text, SECRET_FILE_MAX + 1);
	return rc;
}

/* The value, from now on only here.  NULL when it is not set. */
static const char *
env_once(const char *name)
{
	struct remembered *r;
	char *value;

	for (r = remembered; r != NULL; r = r->next)
		if (strcmp(r->name, name) == 0)
			return r->value;
	value = getenv(name);
	if (value == NULL)
		return NULL;
	r = mem_alloc(sizeof(*r));
	r->name = mem_str(name);
	r->value = mem_str(value);
	r->next = remembered;
	remembered = r;
	/* In place, so that /proc/PID/environ does not show it either. */
	explicit_bzero(value, strlen(value));
	unsetenv(name);
	return r->value;
}

int
secret_from_env(struct secret *out, const char *name, bool plural, struct err *err)
{
	const char *value;

	if (*name == '\0' || strchr(name, '=') != NULL)
		return err_set(err, "not the name of an environment variable");
	value = env_once(name);
	if (value == NULL)
		err_set(err, "it is not set");
	else if (strlen(value) > SECRET_FILE_MAX)
		err_set(err, "it is larger than %d bytes", SECRET_FILE_MAX);
	else if (take(out, value, strlen(value), plural, err) == 0) {
		out->origin = mem_fmt("environment variable %s", name);
		return 0;
	}
	return err_prefix(err, "environment variable %s", name);
}

void
secret_fini(struct secret *secret)
{
	for (size_t i = 0; i < secret->count; i++)
		mem_wipe_free(secret->values[i], strlen(secret->values[i]));
	free(secret->values);
	free(secret->origin);
	*secret = (struct secret){0};
}

bool
secret_equal(const struct secret *a, const struct secret *b)
{
	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++)
		if (strcmp(a->values[i], b->values[i]) != 0)
			return false;
	return true;
}

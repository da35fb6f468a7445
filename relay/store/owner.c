#include "relay/store/owner.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

#include "relay/base/mem.h"

static int
refuse(int fd, struct err *err)
{
	char holder[24] = "";
	ssize_t len = pread(fd, holder, sizeof(holder) - 1, 0);
	long pid = len > 0 ? strtol(holder, NULL, 10) : 0;

	if (pid > 0)
		return err_set(err, "another driftbell (process %ld) is using it", pid);
	return err_set(err, "another driftbell is using it");
}

/* The number is for people; without room for it the lock is as good. */
static void
sign(int fd)
{
	if (ftruncate(fd, 0) != 0 || dprintf(fd, "%ld\n", (long)getpid()) < 0)
		return;
}

int
owner_take(const char *file, struct err *err)
{
	char *path = mem_fmt("%s.lock", file);
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd < 0) {
		err_errno(err, "cannot open %s", path);
	} else if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
		if (errno == EWOULDBLOCK)
			refuse(fd, err);
		else
			err_errno(err, "cannot lock %s", path);
		close(fd);
		fd = -1;
	} else {
		sign(fd);
	}
	free(path);
	return fd;
}

void
owner_release(int fd)
{
	if (fd >= 0)
		close(fd);
}

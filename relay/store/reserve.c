#include "relay/store/reserve.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

/* Room for the reserve and as much again: else it would be taken from those
 * who just failed for want of it. */
static bool
has_room(int fd)
{
	struct statvfs fs;

	return fstatvfs(fd, &fs) == 0 &&
	       (unsigned long long)fs.f_bavail * fs.f_frsize >= 2ULL * RESERVE_BYTES;
}

static bool
is_whole(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && st.st_size >= RESERVE_BYTES &&
	       st.st_blocks * 512LL >= RESERVE_BYTES;
}

bool
reserve_keep(const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd < 0)
		return false;

	bool kept = is_whole(fd) || (has_room(fd) && posix_fallocate(fd, 0, RESERVE_BYTES) == 0);
	close(fd);
	if (!kept)
		unlink(path);
	return kept;
}

bool
reserve_give(const char *path)
{
	return unlink(path) == 0;
}

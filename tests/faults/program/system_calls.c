/* The system calls that the disk makes (by the names that they have with 64-bit offsets), so that one can be interrupted (EINTR) or do only a part, as POSIX lets it. The linker puts these in their
 * place (--wrap); without a planted fault they are the calls themselves. */
#include <errno.h>
#include <fcntl.h>
#include <sys/uio.h>
#include <unistd.h>

#include "faults.h"

ssize_t __real_pwritev64(int fd, const struct iovec *iov, int count, off_t offset);
ssize_t __real_pread64(int fd, void *dst, size_t n, off_t offset);
ssize_t __real_preadv64v2(int fd, const struct iovec *iov, int count, off_t offset, int flags);
int __real_fdatasync(int fd);
ssize_t __wrap_pwritev64(int fd, const struct iovec *iov, int count, off_t offset);
ssize_t __wrap_pread64(int fd, void *dst, size_t n, off_t offset);
ssize_t __wrap_preadv64v2(int fd, const struct iovec *iov, int count, off_t offset, int flags);
int __wrap_fdatasync(int fd);

/* Whether this call is the one that is to go so. */
static bool shall(enum fault_what what)
{
	if (faulty_system_call != what)
		return false;
	faulty_system_call = FAULT_DO_NOTHING;
	__atomic_fetch_add(&fault_program_table->played, 1, __ATOMIC_RELAXED);
	return true;
}

static bool interrupted(void)
{
	if (!shall(FAULT_DO_EINTR))
		return false;
	errno = EINTR;
	return true;
}

/* A third of the first part that has anything: also less than one record's header. */
static struct iovec part_of(const struct iovec *iov, int count)
{
	for (int i = 0; i < count; i++)
		if (iov[i].iov_len)
			return (struct iovec){iov[i].iov_base, iov[i].iov_len / 3 + 1};
	return (struct iovec){NULL, 0};
}

ssize_t __wrap_pwritev64(int fd, const struct iovec *iov, int count, off_t offset)
{
	struct iovec part;

	if (interrupted())
		return -1;
	if (!shall(FAULT_DO_PART))
		return __real_pwritev64(fd, iov, count, offset);
	part = part_of(iov, count);
	return __real_pwritev64(fd, &part, 1, offset);
}

ssize_t __wrap_pread64(int fd, void *dst, size_t n, off_t offset)
{
	if (interrupted())
		return -1;
	return __real_pread64(fd, dst, shall(FAULT_DO_PART) ? n / 3 + 1 : n, offset);
}

ssize_t __wrap_preadv64v2(int fd, const struct iovec *iov, int count, off_t offset, int flags)
{
	struct iovec part;

	if (interrupted())
		return -1;
	if (!shall(FAULT_DO_PART))
		return __real_preadv64v2(fd, iov, count, offset, flags);
	part = part_of(iov, count);
	return __real_preadv64v2(fd, &part, 1, offset, flags);
}

int __wrap_fdatasync(int fd)
{
	return interrupted() ? -1 : __real_fdatasync(fd);
}

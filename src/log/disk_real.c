/* The disk itself: files below one directory, held open as a descriptor. It must never follow a symbolic link out of that
 * directory, and never report a write or sync as done that the kernel did not confirm. */
#include "log/disk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/memory.h"

struct real_disk {
	struct disk base;
	int root;
};

struct real_file {
	struct disk_file base;
	int fd;
};

static const struct disk_ops real_ops;

static int root_of(struct disk *d)
{
	return CONTAINER_OF(d, struct real_disk, base)->root;
}

static int fd_of(struct disk_file *f)
{
	return CONTAINER_OF(f, struct real_file, base)->fd;
}

static enum fail class_of(int err)
{
	switch (err) {
	case ENOSPC:
	case EDQUOT: return FAIL_DISK_FULL;
	case ENOENT:
	case ENOTDIR: return FAIL_NOT_FOUND;
	case EACCES:
	case EPERM:
	case EROFS: return FAIL_NO_PERMISSION;
	case EEXIST: return FAIL_EXISTS;
	default: return FAIL_IO;
	}
}

static enum fail failed(struct why *w, const char *what, const char *path)
{
	int err = errno;

	return why_log(
		w, class_of(err), "The server's disk has a problem.", "cannot %s %s: %s", what, path, strerror(err));
}

static enum fail real_open(struct disk *d, const char *path, unsigned how, struct disk_file **out, struct why *w)
{
	int flags = O_CLOEXEC | O_NOFOLLOW | (how & DISK_WRITE ? O_RDWR : O_RDONLY);
	struct real_file *f;
	int fd;

	if (how & DISK_CREATE)
		flags |= O_CREAT | O_EXCL | O_RDWR;
	do
		fd = openat(root_of(d), path, flags, 0600);
	while (fd < 0 && errno == EINTR);
	if (fd < 0)
		return failed(w, how & DISK_CREATE ? "create" : "open", path);
	/* Bodies are read here and there: the kernel's read-ahead would fetch megabytes for each. */
	posix_fadvise(fd, 0, 0, POSIX_FADV_RANDOM);
	f = NEW(struct real_file);
	f->base.ops = &real_ops;
	f->fd = fd;
	*out = &f->base;
	return FAIL_NONE;
}

static void real_close(struct disk_file *f)
{
	if (!f)
		return;
	close(fd_of(f)); /* an error here says nothing: what counts was synced before */
	free(CONTAINER_OF(f, struct real_file, base));
}

/* Drops the first `n` bytes of what iov[*at..count) still holds. */
static void advance(struct iovec *iov, int count, int *at, size_t n)
{
	while (*at < count && n >= iov[*at].iov_len) {
		n -= iov[*at].iov_len;
		(*at)++;
	}
	if (*at < count) {
		iov[*at].iov_base = (char *)iov[*at].iov_base + n;
		iov[*at].iov_len -= n;
	}
}

enum { IOV_PIECE = 64 };

static enum fail write_piece(int fd, struct iovec *iov, int count, uint64_t *offset, struct why *w)
{
	int at = 0;

	advance(iov, count, &at, 0); /* past empty parts */
	while (at < count) {
		ssize_t n = pwritev(fd, iov + at, count - at, (off_t)*offset);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return failed(w, "write to", "a file");
		if (n == 0) {
			errno = EIO;
			return failed(w, "write to", "a file");
		}
		*offset += (uint64_t)n;
		advance(iov, count, &at, (size_t)n);
	}
	return FAIL_NONE;
}

static enum fail real_write(struct disk_file *f, const struct iovec *iov, int count, uint64_t offset, struct why *w)
{
	struct iovec piece[IOV_PIECE];

	for (int done = 0; done < count; done += IOV_PIECE) {
		int n = count - done < IOV_PIECE ? count - done : IOV_PIECE;
		enum fail fail;

		memcpy(piece, iov + done, (size_t)n * sizeof *piece);
		fail = write_piece(fd_of(f), piece, n, &offset, w);
		if (fail)
			return fail;
	}
	return FAIL_NONE;
}

static enum fail real_read(struct disk_file *f, void *dst, size_t n, uint64_t offset, size_t *got_out, struct why *w)
{
	size_t got = 0;

	while (got < n) {
		ssize_t r = pread(fd_of(f), (char *)dst + got, n - got, (off_t)(offset + got));

		if (r < 0 && errno == EINTR)
			continue;
		if (r < 0)
			return failed(w, "read from", "a file");
		if (r == 0)
			break;
		got += (size_t)r;
	}
	*got_out = got;
	return FAIL_NONE;
}

static enum fail real_read_cached(struct disk_file *f, void *dst, size_t n, uint64_t offset, size_t *got_out)
{
	size_t got = 0;

	while (got < n) {
		struct iovec iov = {(char *)dst + got, n - got};
		ssize_t r = preadv2(fd_of(f), &iov, 1, (off_t)(offset + got), RWF_NOWAIT);

		if (r < 0 && errno == EINTR)
			continue;
		if (r < 0)
			return FAIL_BUSY; /* not cached, or a file system that cannot say: a worker finds out */
		if (r == 0)
			break;
		got += (size_t)r;
	}
	*got_out = got;
	return FAIL_NONE;
}

static enum fail real_sync(struct disk_file *f, struct why *w)
{
	int r;

	do
		r = fdatasync(fd_of(f));
	while (r < 0 && errno == EINTR);
	return r < 0 ? failed(w, "sync", "a file") : FAIL_NONE;
}

static enum fail real_truncate(struct disk_file *f, uint64_t size, struct why *w)
{
	int r;

	do
		r = ftruncate(fd_of(f), (off_t)size);
	while (r < 0 && errno == EINTR);
	return r < 0 ? failed(w, "truncate", "a file") : FAIL_NONE;
}

static enum fail real_allocate(struct disk_file *f, uint64_t size, struct why *w)
{
	int err;

	do
		err = posix_fallocate(fd_of(f), 0, (off_t)size);
	while (err == EINTR);
	errno = err;
	return err ? failed(w, "find room for", "a file") : FAIL_NONE;
}

static uint64_t real_size(struct disk_file *f)
{
	struct stat st;

	return fstat(fd_of(f), &st) < 0 ? 0 : (uint64_t)st.st_size;
}

static enum fail real_rename(struct disk *d, const char *from, const char *to, struct why *w)
{
	return renameat(root_of(d), from, root_of(d), to) < 0 ? failed(w, "rename", from) : FAIL_NONE;
}

static enum fail real_remove(struct disk *d, const char *path, struct why *w)
{
	return unlinkat(root_of(d), path, 0) < 0 ? failed(w, "remove", path) : FAIL_NONE;
}

static enum fail real_make_dir(struct disk *d, const char *path, struct why *w)
{
	return mkdirat(root_of(d), path, 0700) < 0 && errno != EEXIST ? failed(w, "make directory", path) : FAIL_NONE;
}

/* -1 after setting `w` and `*fail`. */
static int open_dir(struct disk *d, const char *path, enum fail *fail, struct why *w)
{
	int fd = openat(root_of(d), *path ? path : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);

	if (fd < 0)
		*fail = failed(w, "open directory", path);
	return fd;
}

static enum fail real_sync_dir(struct disk *d, const char *path, struct why *w)
{
	enum fail fail = FAIL_NONE;
	int fd = open_dir(d, path, &fail, w);

	if (fd < 0)
		return fail;
	if (fsync(fd) < 0)
		fail = failed(w, "sync directory", path);
	close(fd);
	return fail;
}

static enum fail real_list(
	struct disk *d, const char *path, void (*each)(void *ctx, const char *name), void *ctx, struct why *w)
{
	enum fail fail = FAIL_NONE;
	int fd = open_dir(d, path, &fail, w);
	struct dirent *entry;
	DIR *dir;

	if (fd < 0)
		return fail;
	dir = fdopendir(fd);
	if (!dir) {
		fail = failed(w, "list", path);
		close(fd);
		return fail;
	}
	errno = 0;
	while ((entry = readdir(dir))) {
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			each(ctx, entry->d_name);
		errno = 0;
	}
	if (errno)
		fail = failed(w, "list", path);
	closedir(dir);
	return fail;
}

static enum fail real_space(struct disk *d, uint64_t *free_out, struct why *w)
{
	struct statfs st;

	if (fstatfs(root_of(d), &st) < 0)
		return failed(w, "look at the free space of", "the disk");
	*free_out = (uint64_t)st.f_bavail * (uint64_t)(st.f_frsize ? st.f_frsize : st.f_bsize);
	return FAIL_NONE;
}

static void real_free(struct disk *d)
{
	if (!d)
		return;
	close(root_of(d));
	free(CONTAINER_OF(d, struct real_disk, base));
}

static const struct disk_ops real_ops = {
	.open = real_open,
	.close = real_close,
	.write = real_write,
	.read = real_read,
	.read_cached = real_read_cached,
	.sync = real_sync,
	.truncate = real_truncate,
	.allocate = real_allocate,
	.size = real_size,
	.rename = real_rename,
	.remove = real_remove,
	.make_dir = real_make_dir,
	.sync_dir = real_sync_dir,
	.list = real_list,
	.space = real_space,
	.free = real_free,
};

enum fail disk_real(const char *root, struct disk **out, struct why *w)
{
	int fd = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct real_disk *d;

	if (fd < 0)
		return failed(w, "open directory", root);
	d = NEW(struct real_disk);
	d->base.ops = &real_ops;
	d->root = fd;
	*out = &d->base;
	return FAIL_NONE;
}

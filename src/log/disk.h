/* The one thin layer through which every byte of mail reaches a disk. Engines: the real one, one in memory, and for tests
 * one that records every call so that a power loss can be replayed (record.h), or that fails the Nth call.
 *
 * All calls may block; which thread makes them is the caller's business. Results are failures with errno's meaning:
 * FAIL_IO, FAIL_DISK_FULL, FAIL_NOT_FOUND, FAIL_NO_PERMISSION. */
#ifndef LOG_DISK_H
#define LOG_DISK_H

#include <sys/uio.h>

#include "base/buf.h"
#include "base/why.h"

struct disk;      /* a directory tree */
struct disk_file; /* an open file of it */

enum disk_open { DISK_READ = 1, DISK_WRITE = 2, DISK_CREATE = 4 /* must not exist */ };

struct disk_ops {
	/* `path` is relative to the disk's root, '/'-separated. */
	enum fail (*open)(struct disk *d, const char *path, unsigned how, struct disk_file **out, struct why *w);
	void (*close)(struct disk_file *f);
	/* All bytes or a failure: short writes and EINTR are dealt with inside. */
	enum fail (*write)(struct disk_file *f, const struct iovec *iov, int count, uint64_t offset, struct why *w);
	/* Up to `n` bytes; *got_out < n only at the end of the file. */
	enum fail (*read)(struct disk_file *f, void *dst, size_t n, uint64_t offset, size_t *got_out, struct why *w);
	/* Like read, but only what needs no waiting for the device; FAIL_BUSY when that is not all of it. Safe on a loop. */
	enum fail (*read_cached)(struct disk_file *f, void *dst, size_t n, uint64_t offset, size_t *got_out);
	enum fail (*sync)(struct disk_file *f, struct why *w); /* fdatasync: data and size */
	enum fail (*truncate)(struct disk_file *f, uint64_t size, struct why *w);
	/* Makes a file that is shorter `size` bytes long, with room on the disk for all of them. FAIL_DISK_FULL: it may be any length. */
	enum fail (*allocate)(struct disk_file *f, uint64_t size, struct why *w);
	uint64_t (*size)(struct disk_file *f);
	enum fail (*rename)(struct disk *d, const char *from, const char *to, struct why *w);
	enum fail (*remove)(struct disk *d, const char *path, struct why *w);
	enum fail (*make_dir)(struct disk *d, const char *path, struct why *w); /* fine when it exists */
	enum fail (*sync_dir)(
		struct disk *d, const char *path, struct why *w); /* makes creations, renames, removals last */
	/* Calls `each` for every name in directory `path`, in no order. */
	enum fail (*list)(
		struct disk *d, const char *path, void (*each)(void *ctx, const char *name), void *ctx, struct why *w);
	/* The bytes that can still be written to it, by us. Quick: safe on a loop. */
	enum fail (*space)(struct disk *d, uint64_t *free_out, struct why *w);
	/* Frees the disk; files must be closed. */
	void (*free)(struct disk *d);
};

struct disk {
	const struct disk_ops *ops;
};
struct disk_file {
	const struct disk_ops *ops;
};

/* The real disk below directory `root` (an absolute or relative path, held open as a descriptor: a later confinement or
 * chdir does not matter). FAIL_NOT_FOUND, FAIL_NO_PERMISSION with the path in `w`. */
FAILS disk_real(const char *root, struct disk **out, struct why *w);
/* A disk in memory, empty. */
struct disk *disk_memory(void);
/* The same with room for so many bytes of files. */
struct disk *disk_memory_sized(uint64_t bytes);

#endif

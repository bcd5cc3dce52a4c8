/* A disk in memory: for tests and for the engine without a disk. Everything is durable at once, as on a disk that never loses
 * power. Calls may come from several threads: one lock guards all of it. */
#include "log/disk.h"

#include <pthread.h>

#include "base/memory.h"

/* What a name refers to: lives while a name or an open file refers to it. */
struct inode {
	char *bytes;
	size_t size, room;
	unsigned refs;
};

struct entry {
	char *path;
	struct inode *inode; /* NULL: a directory */
};

struct memory_disk {
	struct disk base;
	pthread_mutex_t lock;
	struct entry *entries;
	size_t count;
	uint64_t room, used; /* bytes of all files */
};

struct memory_file {
	struct disk_file base;
	struct memory_disk *disk;
	struct inode *inode;
};

static const struct disk_ops memory_ops;

static struct memory_disk *disk_of(struct disk *d)
{
	return CONTAINER_OF(d, struct memory_disk, base);
}

static struct memory_file *file_of(struct disk_file *f)
{
	return CONTAINER_OF(f, struct memory_file, base);
}

static void unlock(pthread_mutex_t **lock)
{
	pthread_mutex_unlock(*lock);
}

/* Holds the disk's lock until the end of the scope. */
#define HOLD(disk)                                                                                                     \
	CLEANUP(unlock) UNUSED pthread_mutex_t *held = &(disk)->lock;                                                  \
	pthread_mutex_lock(held)

static void inode_unref(struct memory_disk *d, struct inode *inode)
{
	if (!inode || --inode->refs)
		return;
	d->used -= inode->size;
	free(inode->bytes);
	free(inode);
}

static struct entry *find(struct memory_disk *d, const char *path)
{
	for (size_t i = 0; i < d->count; i++)
		if (strcmp(d->entries[i].path, path) == 0)
			return &d->entries[i];
	return NULL;
}

static bool is_root(const char *path)
{
	return !*path || strcmp(path, ".") == 0;
}

/* Whether the directory that would hold `path` is there. */
static bool parent_exists(struct memory_disk *d, const char *path)
{
	const char *slash = strrchr(path, '/');
	char dir[1024];
	struct entry *e;

	if (!slash)
		return true;
	if (!span_cstr(span(path, (size_t)(slash - path)), dir, sizeof dir))
		return false;
	e = find(d, dir);
	return e && !e->inode;
}

static void entry_add(struct memory_disk *d, const char *path, struct inode *inode)
{
	d->entries = memory_resize_array(d->entries, d->count + 1, sizeof *d->entries);
	d->entries[d->count++] = (struct entry){memory_dup(path), inode};
}

static void entry_drop(struct memory_disk *d, struct entry *e)
{
	free(e->path);
	inode_unref(d, e->inode);
	*e = d->entries[--d->count];
}

static enum fail memory_open(struct disk *base, const char *path, unsigned how, struct disk_file **out, struct why *w)
{
	struct memory_disk *d = disk_of(base);
	struct memory_file *f;
	struct entry *e;

	HOLD(d);
	e = find(d, path);
	if (how & DISK_CREATE) {
		if (e)
			return why(w, FAIL_EXISTS, "%s exists", path);
		if (!parent_exists(d, path))
			return why(w, FAIL_NOT_FOUND, "no directory for %s", path);
		entry_add(d, path, NEW(struct inode));
		e = &d->entries[d->count - 1];
		e->inode->refs = 1;
	}
	if (!e || !e->inode)
		return why(w, FAIL_NOT_FOUND, "no file %s", path);
	f = NEW(struct memory_file);
	f->base.ops = &memory_ops;
	f->disk = d;
	f->inode = e->inode;
	f->inode->refs++;
	*out = &f->base;
	return FAIL_NONE;
}

static void memory_close(struct disk_file *base)
{
	struct memory_file *f;

	if (!base)
		return;
	f = file_of(base);
	{
		HOLD(f->disk);
		inode_unref(f->disk, f->inode);
	}
	free(f);
}

/* False, with the file as it was, when there is no room. */
static bool set_size(struct memory_disk *d, struct inode *inode, size_t size)
{
	if (size > inode->size && size - inode->size > d->room - d->used)
		return false;
	d->used = d->used - inode->size + size;
	if (size > inode->room) {
		size_t room = inode->room ? inode->room : 4096;

		while (room < size)
			room *= 2;
		inode->bytes = memory_resize(inode->bytes, room);
		inode->room = room;
	}
	if (size > inode->size)
		memset(inode->bytes + inode->size, 0, size - inode->size);
	inode->size = size;
	return true;
}

static enum fail full(struct why *w)
{
	return why(w, FAIL_DISK_FULL, "there is no room on the disk");
}

static enum fail memory_write(
	struct disk_file *base, const struct iovec *iov, int count, uint64_t offset, struct why *w)
{
	struct memory_file *f = file_of(base);

	HOLD(f->disk);
	for (int i = 0; i < count; i++) {
		if (!iov[i].iov_len)
			continue;
		if (offset + iov[i].iov_len > f->inode->size &&
			!set_size(f->disk, f->inode, (size_t)(offset + iov[i].iov_len)))
			return full(w);
		memcpy(f->inode->bytes + offset, iov[i].iov_base, iov[i].iov_len);
		offset += iov[i].iov_len;
	}
	return FAIL_NONE;
}

static enum fail memory_read(
	struct disk_file *base, void *dst, size_t n, uint64_t offset, size_t *got_out, struct why *w)
{
	struct memory_file *f = file_of(base);
	size_t got;

	(void)w;
	HOLD(f->disk);
	got = offset >= f->inode->size ? 0 : f->inode->size - (size_t)offset;
	if (got > n)
		got = n;
	if (got)
		memcpy(dst, f->inode->bytes + offset, got);
	*got_out = got;
	return FAIL_NONE;
}

static enum fail memory_read_cached(struct disk_file *f, void *dst, size_t n, uint64_t offset, size_t *got_out)
{
	return memory_read(f, dst, n, offset, got_out, NULL);
}

static enum fail memory_sync(struct disk_file *f, struct why *w)
{
	(void)f;
	(void)w;
	return FAIL_NONE;
}

static enum fail memory_truncate(struct disk_file *base, uint64_t size, struct why *w)
{
	struct memory_file *f = file_of(base);

	HOLD(f->disk);
	return set_size(f->disk, f->inode, (size_t)size) ? FAIL_NONE : full(w);
}

static uint64_t memory_size(struct disk_file *base)
{
	struct memory_file *f = file_of(base);

	HOLD(f->disk);
	return f->inode->size;
}

static enum fail memory_rename(struct disk *base, const char *from, const char *to, struct why *w)
{
	struct memory_disk *d = disk_of(base);
	struct entry *source, *target;

	HOLD(d);
	if (!find(d, from) || !parent_exists(d, to))
		return why(w, FAIL_NOT_FOUND, "no file %s", from);
	target = strcmp(from, to) != 0 ? find(d, to) : NULL;
	if (target)
		entry_drop(d, target);
	source = find(d, from); /* entry_drop may have moved it */
	free(source->path);
	source->path = memory_dup(to);
	return FAIL_NONE;
}

static enum fail memory_remove(struct disk *base, const char *path, struct why *w)
{
	struct memory_disk *d = disk_of(base);
	struct entry *e;

	HOLD(d);
	e = find(d, path);
	if (!e || !e->inode)
		return why(w, FAIL_NOT_FOUND, "no file %s", path);
	entry_drop(d, e);
	return FAIL_NONE;
}

static enum fail memory_make_dir(struct disk *base, const char *path, struct why *w)
{
	struct memory_disk *d = disk_of(base);

	HOLD(d);
	if (is_root(path) || find(d, path))
		return FAIL_NONE;
	if (!parent_exists(d, path))
		return why(w, FAIL_NOT_FOUND, "no directory for %s", path);
	entry_add(d, path, NULL);
	return FAIL_NONE;
}

static enum fail memory_sync_dir(struct disk *base, const char *path, struct why *w)
{
	struct memory_disk *d = disk_of(base);

	HOLD(d);
	return is_root(path) || find(d, path) ? FAIL_NONE : why(w, FAIL_NOT_FOUND, "no directory %s", path);
}

/* The name of `path` when it lies directly in directory `dir`, or NULL. */
static const char *name_in(const char *path, const char *dir)
{
	size_t n = is_root(dir) ? 0 : strlen(dir);

	if (n && (strncmp(path, dir, n) != 0 || path[n] != '/'))
		return NULL;
	path += n ? n + 1 : 0;
	return strchr(path, '/') ? NULL : path;
}

static enum fail memory_list(
	struct disk *base, const char *path, void (*each)(void *ctx, const char *name), void *ctx, struct why *w)
{
	struct memory_disk *d = disk_of(base);

	HOLD(d);
	if (!is_root(path) && !find(d, path))
		return why(w, FAIL_NOT_FOUND, "no directory %s", path);
	for (size_t i = 0; i < d->count; i++) {
		const char *name = name_in(d->entries[i].path, path);

		if (name)
			each(ctx, name);
	}
	return FAIL_NONE;
}

static enum fail memory_space(struct disk *base, uint64_t *free_out, struct why *w)
{
	struct memory_disk *d = disk_of(base);

	(void)w;
	HOLD(d);
	*free_out = d->room - d->used;
	return FAIL_NONE;
}

static void memory_free(struct disk *base)
{
	struct memory_disk *d;

	if (!base)
		return;
	d = disk_of(base);
	while (d->count)
		entry_drop(d, &d->entries[d->count - 1]);
	free(d->entries);
	pthread_mutex_destroy(&d->lock);
	free(d);
}

static const struct disk_ops memory_ops = {
	.open = memory_open,
	.close = memory_close,
	.write = memory_write,
	.read = memory_read,
	.read_cached = memory_read_cached,
	.sync = memory_sync,
	.truncate = memory_truncate,
	.allocate = memory_truncate,
	.size = memory_size,
	.rename = memory_rename,
	.remove = memory_remove,
	.make_dir = memory_make_dir,
	.sync_dir = memory_sync_dir,
	.list = memory_list,
	.space = memory_space,
	.free = memory_free,
};

struct disk *disk_memory_sized(uint64_t bytes)
{
	struct memory_disk *d = NEW(struct memory_disk);

	d->room = bytes;
	d->base.ops = &memory_ops;
	pthread_mutex_init(&d->lock, NULL);
	return &d->base;
}

struct disk *disk_memory(void)
{
	return disk_memory_sized(UINT64_MAX);
}

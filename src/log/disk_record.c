/* The recording disk: passes every call on to a disk in memory and writes down what changed. record_state.c plays it back. */
#include "log/record_inner.h"

#include "base/memory.h"

static const struct disk_ops record_ops;

struct record_file {
	struct disk_file base;
	struct recording *rec;
	struct disk_file *below;
	unsigned inode;
};

struct recording *recording_of(struct disk *d)
{
	return CONTAINER_OF(d, struct recording, base);
}

static struct record_file *file_of(struct disk_file *f)
{
	return CONTAINER_OF(f, struct record_file, base);
}

static void unlock(pthread_mutex_t **lock)
{
	pthread_mutex_unlock(*lock);
}

/* The call and its entry in the history are one: two threads may be here. */
#define HOLD(rec)                                                                                                      \
	CLEANUP(unlock) UNUSED pthread_mutex_t *held = &(rec)->lock;                                                   \
	pthread_mutex_lock(held)

static struct change *remember(struct recording *rec, enum change_kind kind)
{
	rec->changes = memory_resize_array(rec->changes, rec->count + 1, sizeof *rec->changes);
	rec->changes[rec->count] = (struct change){.kind = kind};
	return &rec->changes[rec->count++];
}

/* Which file a name means now: the last one that was created or renamed to it. */
static unsigned inode_named(const struct recording *rec, const char *path)
{
	for (size_t i = rec->name_count; i-- > 0;)
		if (strcmp(rec->names[i].path, path) == 0)
			return rec->names[i].inode;
	return 0;
}

static void name_drop(struct recording *rec, const char *path)
{
	for (size_t i = 0; i < rec->name_count; i++) {
		if (strcmp(rec->names[i].path, path) != 0)
			continue;
		free(rec->names[i].path);
		rec->names[i] = rec->names[--rec->name_count];
		return;
	}
}

static void name_set(struct recording *rec, const char *path, unsigned inode)
{
	name_drop(rec, path);
	rec->names = memory_resize_array(rec->names, rec->name_count + 1, sizeof *rec->names);
	rec->names[rec->name_count++] = (struct record_name){memory_dup(path), inode};
}

static enum fail record_open(struct disk *d, const char *path, unsigned how, struct disk_file **out, struct why *w)
{
	struct recording *rec = recording_of(d);
	struct disk_file *below;
	struct record_file *f;
	enum fail fail;

	HOLD(rec);
	fail = rec->below->ops->open(rec->below, path, how, &below, w);
	if (fail)
		return fail;
	if (how & DISK_CREATE) {
		struct change *c = remember(rec, CHANGE_CREATE);

		c->path = memory_dup(path);
		c->inode = ++rec->inodes;
		name_set(rec, path, c->inode);
	}
	f = NEW(struct record_file);
	f->base.ops = &record_ops;
	f->rec = rec;
	f->below = below;
	f->inode = inode_named(rec, path);
	*out = &f->base;
	return FAIL_NONE;
}

static void record_close(struct disk_file *base)
{
	if (!base)
		return;
	file_of(base)->below->ops->close(file_of(base)->below);
	free(file_of(base));
}

static enum fail record_write(
	struct disk_file *base, const struct iovec *iov, int count, uint64_t offset, struct why *w)
{
	struct record_file *f = file_of(base);
	struct change *c;
	enum fail fail;

	HOLD(f->rec);
	fail = f->below->ops->write(f->below, iov, count, offset, w);
	if (fail)
		return fail;
	c = remember(f->rec, CHANGE_WRITE);
	c->inode = f->inode;
	c->offset = offset;
	for (int i = 0; i < count; i++) {
		c->bytes = memory_resize(c->bytes, c->n + iov[i].iov_len + 1);
		if (iov[i].iov_len)
			memcpy(c->bytes + c->n, iov[i].iov_base, iov[i].iov_len);
		c->n += iov[i].iov_len;
	}
	return FAIL_NONE;
}

static enum fail record_read(
	struct disk_file *base, void *dst, size_t n, uint64_t offset, size_t *got_out, struct why *w)
{
	struct disk_file *below = file_of(base)->below;

	return below->ops->read(below, dst, n, offset, got_out, w);
}

static enum fail record_read_cached(struct disk_file *base, void *dst, size_t n, uint64_t offset, size_t *got_out)
{
	struct disk_file *below = file_of(base)->below;

	return below->ops->read_cached(below, dst, n, offset, got_out);
}

static enum fail record_sync(struct disk_file *base, struct why *w)
{
	struct record_file *f = file_of(base);

	HOLD(f->rec);
	if (f->rec->fail_sync && --f->rec->fail_sync == 0) {
		remember(f->rec, CHANGE_FAILED_SYNC)->inode = f->inode;
		return why(w, FAIL_IO, "the disk was told to fail");
	}
	if (!(f->rec->lies & RECORD_SYNC_IS_NOTHING))
		remember(f->rec, CHANGE_SYNC)->inode = f->inode;
	return FAIL_NONE;
}

static enum fail record_truncate(struct disk_file *base, uint64_t size, struct why *w)
{
	struct record_file *f = file_of(base);
	struct change *c;
	enum fail fail;

	HOLD(f->rec);
	fail = f->below->ops->truncate(f->below, size, w);
	if (fail)
		return fail;
	c = remember(f->rec, CHANGE_TRUNCATE);
	c->inode = f->inode;
	c->offset = size;
	return FAIL_NONE;
}

static enum fail record_allocate(struct disk_file *base, uint64_t size, struct why *w)
{
	struct record_file *f = file_of(base);
	struct change *c;
	enum fail fail;

	HOLD(f->rec);
	fail = f->below->ops->allocate(f->below, size, w);
	if (fail)
		return fail;
	c = remember(f->rec, CHANGE_TRUNCATE);
	c->inode = f->inode;
	c->offset = size;
	return FAIL_NONE;
}

static uint64_t record_size_of(struct disk_file *base)
{
	struct disk_file *below = file_of(base)->below;

	return below->ops->size(below);
}

static enum fail record_rename(struct disk *d, const char *from, const char *to, struct why *w)
{
	struct recording *rec = recording_of(d);
	struct change *c;
	unsigned inode;
	enum fail fail;

	HOLD(rec);
	fail = rec->below->ops->rename(rec->below, from, to, w);
	if (fail)
		return fail;
	inode = inode_named(rec, from);
	name_drop(rec, from);
	name_set(rec, to, inode);
	c = remember(rec, CHANGE_RENAME);
	c->path = memory_dup(from);
	c->to = memory_dup(to);
	return FAIL_NONE;
}

static enum fail record_remove(struct disk *d, const char *path, struct why *w)
{
	struct recording *rec = recording_of(d);
	enum fail fail;

	HOLD(rec);
	fail = rec->below->ops->remove(rec->below, path, w);
	if (fail)
		return fail;
	name_drop(rec, path);
	remember(rec, CHANGE_REMOVE)->path = memory_dup(path);
	return FAIL_NONE;
}

static enum fail record_make_dir(struct disk *d, const char *path, struct why *w)
{
	struct recording *rec = recording_of(d);
	enum fail fail;

	HOLD(rec);
	fail = rec->below->ops->make_dir(rec->below, path, w);
	if (!fail)
		remember(rec, CHANGE_MAKE_DIR)->path = memory_dup(path);
	return fail;
}

static enum fail record_sync_dir(struct disk *d, const char *path, struct why *w)
{
	struct recording *rec = recording_of(d);
	enum fail fail;

	HOLD(rec);
	fail = rec->below->ops->sync_dir(rec->below, path, w);
	if (!fail && !(rec->lies & RECORD_SYNC_DIR_IS_NOTHING))
		remember(rec, CHANGE_SYNC_DIR)->path = memory_dup(path);
	return fail;
}

static enum fail record_list(
	struct disk *d, const char *path, void (*each)(void *ctx, const char *name), void *ctx, struct why *w)
{
	struct disk *below = recording_of(d)->below;

	return below->ops->list(below, path, each, ctx, w);
}

static enum fail record_space(struct disk *d, uint64_t *free_out, struct why *w)
{
	struct disk *below = recording_of(d)->below;

	return below->ops->space(below, free_out, w);
}

static void record_free(struct disk *d)
{
	struct recording *rec;

	if (!d)
		return;
	rec = recording_of(d);
	for (size_t i = 0; i < rec->count; i++) {
		free(rec->changes[i].path);
		free(rec->changes[i].to);
		free(rec->changes[i].bytes);
	}
	while (rec->name_count)
		name_drop(rec, rec->names[0].path);
	free(rec->names);
	free(rec->changes);
	rec->below->ops->free(rec->below);
	pthread_mutex_destroy(&rec->lock);
	free(rec);
}

static const struct disk_ops record_ops = {
	.open = record_open,
	.close = record_close,
	.write = record_write,
	.read = record_read,
	.read_cached = record_read_cached,
	.sync = record_sync,
	.truncate = record_truncate,
	.allocate = record_allocate,
	.size = record_size_of,
	.rename = record_rename,
	.remove = record_remove,
	.make_dir = record_make_dir,
	.sync_dir = record_sync_dir,
	.list = record_list,
	.space = record_space,
	.free = record_free,
};

/* What copying a directory into the recording needs. */
struct copy {
	struct disk *from, *to;
	const char *dir;
};

static void copy_directory(struct disk *from, struct disk *to, const char *dir);

/* In memory nothing fails; what cannot be opened as a file is a directory. */
static void copy_name(struct copy *c, const char *name)
{
	struct disk_file *source, *target;
	char path[512];
	struct iovec iov;
	size_t n;

	snprintf(path, sizeof path, "%s%s%s", c->dir, *c->dir ? "/" : "", name);
	if (c->from->ops->open(c->from, path, DISK_READ, &source, NULL)) {
		(void)!c->to->ops->make_dir(c->to, path, NULL);
		copy_directory(c->from, c->to, path);
		return;
	}
	n = (size_t)source->ops->size(source);
	iov = (struct iovec){memory_new(n + 1), n};
	if (source->ops->read(source, iov.iov_base, n, 0, &n, NULL) ||
		c->to->ops->open(c->to, path, DISK_CREATE | DISK_WRITE, &target, NULL) ||
		target->ops->write(target, &iov, 1, 0, NULL) || target->ops->sync(target, NULL))
		abort();
	source->ops->close(source);
	target->ops->close(target);
	free(iov.iov_base);
}

/* The names, first: the disk must not be called while it lists. */
struct name_list {
	char **names;
	size_t count;
};

static void add_name(void *context, const char *name)
{
	struct name_list *list = context;

	list->names = memory_resize_array(list->names, list->count + 1, sizeof *list->names);
	list->names[list->count++] = memory_dup(name);
}

static void copy_directory(struct disk *from, struct disk *to, const char *dir)
{
	struct copy c = {from, to, dir};
	struct name_list list = {0};

	if (from->ops->list(from, dir, add_name, &list, NULL))
		abort();
	for (size_t i = 0; i < list.count; i++) {
		copy_name(&c, list.names[i]);
		free(list.names[i]);
	}
	free(list.names);
	(void)!to->ops->sync_dir(to, dir, NULL);
}

struct disk *disk_record(unsigned lies, struct disk *from)
{
	struct recording *rec = NEW(struct recording);

	rec->base.ops = &record_ops;
	rec->below = disk_memory();
	pthread_mutex_init(&rec->lock, NULL);
	if (from)
		copy_directory(from, &rec->base, "");
	rec->lies = lies;
	return &rec->base;
}

void record_fail_sync(struct disk *d, unsigned nth)
{
	struct recording *rec = recording_of(d);

	HOLD(rec);
	rec->fail_sync = nth;
}

size_t record_point(struct disk *d)
{
	struct recording *rec = recording_of(d);

	HOLD(rec);
	return rec->count;
}

bool record_drop_sync(struct disk *d, size_t at)
{
	struct recording *rec = recording_of(d);
	struct change *c = at < rec->count ? &rec->changes[at] : NULL;

	if (!c || (c->kind != CHANGE_SYNC && c->kind != CHANGE_SYNC_DIR))
		return false;
	c->dropped = !c->dropped;
	return true;
}

bool record_swap_sync(struct disk *d, size_t at)
{
	struct recording *rec = recording_of(d);
	struct change *c = &rec->changes[at], kept;

	if (at + 1 >= rec->count || c[0].inode != c[1].inode ||
		!((c[0].kind == CHANGE_WRITE && c[1].kind == CHANGE_SYNC) ||
			(c[0].kind == CHANGE_SYNC && c[1].kind == CHANGE_WRITE)))
		return false;
	kept = c[0];
	c[0] = c[1];
	c[1] = kept;
	return true;
}

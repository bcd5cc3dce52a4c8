/* The faulty disk: counts calls, and fails those that it was told to. Safe from several threads. */
#include "log/faulty.h"

#include <pthread.h>

#include "base/memory.h"

struct fault {
	unsigned calls;
	unsigned left; /* calls until the one that fails; 0: none does */
	enum fail fail;
	bool for_good;
};

struct faulty_disk {
	struct disk base;
	struct disk *below;
	pthread_mutex_t lock;
	struct fault faults[FAULTY_CALLS];
};

struct faulty_file {
	struct disk_file base;
	struct faulty_disk *disk;
	struct disk_file *below;
};

static const struct disk_ops faulty_ops;

static struct faulty_disk *disk_of(struct disk *d)
{
	return CONTAINER_OF(d, struct faulty_disk, base);
}

static struct faulty_file *file_of(struct disk_file *f)
{
	return CONTAINER_OF(f, struct faulty_file, base);
}

/* Whether this call fails, and how. */
static enum fail count(struct faulty_disk *d, enum faulty_call call, struct why *w)
{
	struct fault *f = &d->faults[call];
	enum fail fail = FAIL_NONE;

	pthread_mutex_lock(&d->lock);
	f->calls++;
	if (f->left && --f->left == 0) {
		fail = f->fail;
		f->left = f->for_good ? 1 : 0;
	}
	pthread_mutex_unlock(&d->lock);
	return fail ? why(w, fail, "the disk was told to fail") : FAIL_NONE;
}

static enum fail faulty_open(struct disk *base, const char *path, unsigned how, struct disk_file **out, struct why *w)
{
	struct faulty_disk *d = disk_of(base);
	struct disk_file *below;
	struct faulty_file *f;
	enum fail fail = count(d, FAULTY_OPEN, w);

	if (!fail)
		fail = d->below->ops->open(d->below, path, how, &below, w);
	if (fail)
		return fail;
	f = NEW(struct faulty_file);
	f->base.ops = &faulty_ops;
	f->disk = d;
	f->below = below;
	*out = &f->base;
	return FAIL_NONE;
}

static void faulty_close(struct disk_file *base)
{
	if (!base)
		return;
	file_of(base)->below->ops->close(file_of(base)->below);
	free(file_of(base));
}

/* The first half of what was to be written. */
static void write_half(struct disk_file *below, const struct iovec *iov, int parts, uint64_t offset)
{
	size_t all = 0, left;

	for (int i = 0; i < parts; i++)
		all += iov[i].iov_len;
	left = all / 2;
	for (int i = 0; i < parts && left; i++) {
		struct iovec one = {iov[i].iov_base, iov[i].iov_len < left ? iov[i].iov_len : left};

		(void)!below->ops->write(below, &one, 1, offset, NULL);
		offset += one.iov_len;
		left -= one.iov_len;
	}
}

static enum fail faulty_write(
	struct disk_file *base, const struct iovec *iov, int parts, uint64_t offset, struct why *w)
{
	struct disk_file *below = file_of(base)->below;
	enum fail fail = count(file_of(base)->disk, FAULTY_WRITE, w);

	if (!fail)
		return below->ops->write(below, iov, parts, offset, w);
	write_half(below, iov, parts, offset);
	return fail;
}

static enum fail faulty_read(
	struct disk_file *base, void *dst, size_t n, uint64_t offset, size_t *got_out, struct why *w)
{
	struct disk_file *below = file_of(base)->below;
	enum fail fail = count(file_of(base)->disk, FAULTY_READ, w);

	return fail ? fail : below->ops->read(below, dst, n, offset, got_out, w);
}

static enum fail faulty_read_cached(struct disk_file *base, void *dst, size_t n, uint64_t offset, size_t *got_out)
{
	struct disk_file *below = file_of(base)->below;
	enum fail fail = count(file_of(base)->disk, FAULTY_READ_CACHED, NULL);

	return fail ? fail : below->ops->read_cached(below, dst, n, offset, got_out);
}

static enum fail faulty_sync(struct disk_file *base, struct why *w)
{
	struct disk_file *below = file_of(base)->below;
	enum fail fail = count(file_of(base)->disk, FAULTY_SYNC, w);

	return fail ? fail : below->ops->sync(below, w);
}

static enum fail faulty_truncate(struct disk_file *base, uint64_t size, struct why *w)
{
	struct disk_file *below = file_of(base)->below;
	enum fail fail = count(file_of(base)->disk, FAULTY_TRUNCATE, w);

	return fail ? fail : below->ops->truncate(below, size, w);
}

static uint64_t faulty_size(struct disk_file *base)
{
	return file_of(base)->below->ops->size(file_of(base)->below);
}

static enum fail faulty_rename(struct disk *base, const char *from, const char *to, struct why *w)
{
	struct faulty_disk *d = disk_of(base);
	enum fail fail = count(d, FAULTY_RENAME, w);

	return fail ? fail : d->below->ops->rename(d->below, from, to, w);
}

static enum fail faulty_remove(struct disk *base, const char *path, struct why *w)
{
	struct faulty_disk *d = disk_of(base);
	enum fail fail = count(d, FAULTY_REMOVE, w);

	return fail ? fail : d->below->ops->remove(d->below, path, w);
}

static enum fail faulty_make_dir(struct disk *base, const char *path, struct why *w)
{
	struct faulty_disk *d = disk_of(base);
	enum fail fail = count(d, FAULTY_MAKE_DIR, w);

	return fail ? fail : d->below->ops->make_dir(d->below, path, w);
}

static enum fail faulty_sync_dir(struct disk *base, const char *path, struct why *w)
{
	struct faulty_disk *d = disk_of(base);
	enum fail fail = count(d, FAULTY_SYNC_DIR, w);

	return fail ? fail : d->below->ops->sync_dir(d->below, path, w);
}

static enum fail faulty_list(
	struct disk *base, const char *path, void (*each)(void *ctx, const char *name), void *ctx, struct why *w)
{
	struct faulty_disk *d = disk_of(base);
	enum fail fail = count(d, FAULTY_LIST, w);

	return fail ? fail : d->below->ops->list(d->below, path, each, ctx, w);
}

static void faulty_free(struct disk *base)
{
	if (!base)
		return;
	pthread_mutex_destroy(&disk_of(base)->lock);
	free(disk_of(base));
}

static const struct disk_ops faulty_ops = {
	.open = faulty_open,
	.close = faulty_close,
	.write = faulty_write,
	.read = faulty_read,
	.read_cached = faulty_read_cached,
	.sync = faulty_sync,
	.truncate = faulty_truncate,
	.size = faulty_size,
	.rename = faulty_rename,
	.remove = faulty_remove,
	.make_dir = faulty_make_dir,
	.sync_dir = faulty_sync_dir,
	.list = faulty_list,
	.free = faulty_free,
};

struct disk *disk_faulty(struct disk *below)
{
	struct faulty_disk *d = NEW(struct faulty_disk);

	d->base.ops = &faulty_ops;
	d->below = below;
	pthread_mutex_init(&d->lock, NULL);
	return &d->base;
}

void faulty_set(struct disk *base, enum faulty_call call, unsigned nth, enum fail f, bool for_good)
{
	struct faulty_disk *d = disk_of(base);

	pthread_mutex_lock(&d->lock);
	d->faults[call].left = nth;
	d->faults[call].fail = f;
	d->faults[call].for_good = for_good;
	pthread_mutex_unlock(&d->lock);
}

unsigned faulty_count(struct disk *base, enum faulty_call call)
{
	struct faulty_disk *d = disk_of(base);
	unsigned calls;

	pthread_mutex_lock(&d->lock);
	calls = d->faults[call].calls;
	pthread_mutex_unlock(&d->lock);
	return calls;
}

/* The faulty disk: counts calls, and spoils those that the table of faults says. Safe from several threads. */
#include "log/faulty.h"

#include "base/memory.h"

struct faulty_disk {
	struct disk base;
	struct disk *below;
	struct fault_table *table, own;
	bool owns_below;
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

_Thread_local enum fault_what faulty_system_call;

/* FAIL_NONE: the call is to be made, and its result goes through fault_after. */
static enum fail meet(struct faulty_disk *d, enum fault_call call, struct fault *out, struct why *w)
{
	*out = fault_meet(d->table, call);
	faulty_system_call = out->what == FAULT_DO_EINTR || out->what == FAULT_DO_PART ? out->what : FAULT_DO_NOTHING;
	return fault_before(out, w);
}

static enum fail faulty_open(struct disk *base, const char *path, unsigned how, struct disk_file **out, struct why *w)
{
	struct faulty_disk *d = disk_of(base);
	struct disk_file *below;
	struct faulty_file *f;
	struct fault fault;
	enum fail fail = meet(d, FAULT_OPEN, &fault, w);

	if (!fail)
		fail = d->below->ops->open(d->below, path, how, &below, w);
	if (fail)
		return fail;
	fail = fault_after(&fault, fail, w);
	if (fail) {
		below->ops->close(below);
		return fail;
	}
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
	struct fault fault;
	enum fail fail = meet(file_of(base)->disk, FAULT_WRITE, &fault, w);

	if (!fail)
		return fault_after(&fault, below->ops->write(below, iov, parts, offset, w), w);
	if (fault.what == FAULT_DO_SHORT || fault.what == FAULT_DO_FULL)
		write_half(below, iov, parts, offset);
	return fail;
}

static enum fail faulty_read(
	struct disk_file *base, void *dst, size_t n, uint64_t offset, size_t *got_out, struct why *w)
{
	struct disk_file *below = file_of(base)->below;
	struct fault fault;
	enum fail fail = meet(file_of(base)->disk, FAULT_READ, &fault, w);

	return fail ? fail : fault_after(&fault, below->ops->read(below, dst, n, offset, got_out, w), w);
}

static enum fail faulty_read_cached(struct disk_file *base, void *dst, size_t n, uint64_t offset, size_t *got_out)
{
	struct disk_file *below = file_of(base)->below;
	struct fault fault;
	enum fail fail = meet(file_of(base)->disk, FAULT_READ_CACHED, &fault, NULL);

	if (fail || fault.what == FAULT_DO_PENDING)
		return FAIL_BUSY; /* as the real disk does: a worker finds out */
	return fault_after(&fault, below->ops->read_cached(below, dst, n, offset, got_out), NULL);
}

static enum fail faulty_sync(struct disk_file *base, struct why *w)
{
	struct disk_file *below = file_of(base)->below;
	struct fault fault;
	enum fail fail = meet(file_of(base)->disk, FAULT_SYNC, &fault, w);

	if (fail || fault.what == FAULT_DO_LIE)
		return fail;
	return fault_after(&fault, below->ops->sync(below, w), w);
}

static enum fail faulty_truncate(struct disk_file *base, uint64_t size, struct why *w)
{
	struct disk_file *below = file_of(base)->below;
	struct fault fault;
	enum fail fail = meet(file_of(base)->disk, FAULT_TRUNCATE, &fault, w);

	return fail ? fail : fault_after(&fault, below->ops->truncate(below, size, w), w);
}

static enum fail faulty_allocate(struct disk_file *base, uint64_t size, struct why *w)
{
	struct disk_file *below = file_of(base)->below;
	struct fault fault;
	enum fail fail = meet(file_of(base)->disk, FAULT_ALLOCATE, &fault, w);

	return fail ? fail : fault_after(&fault, below->ops->allocate(below, size, w), w);
}

static uint64_t faulty_size(struct disk_file *base)
{
	return file_of(base)->below->ops->size(file_of(base)->below);
}

static enum fail faulty_rename(struct disk *base, const char *from, const char *to, struct why *w)
{
	struct faulty_disk *d = disk_of(base);
	struct fault fault;
	enum fail fail = meet(d, FAULT_RENAME, &fault, w);

	return fail ? fail : fault_after(&fault, d->below->ops->rename(d->below, from, to, w), w);
}

static enum fail faulty_remove(struct disk *base, const char *path, struct why *w)
{
	struct faulty_disk *d = disk_of(base);
	struct fault fault;
	enum fail fail = meet(d, FAULT_REMOVE, &fault, w);

	return fail ? fail : fault_after(&fault, d->below->ops->remove(d->below, path, w), w);
}

static enum fail faulty_make_dir(struct disk *base, const char *path, struct why *w)
{
	struct faulty_disk *d = disk_of(base);
	struct fault fault;
	enum fail fail = meet(d, FAULT_MAKE_DIR, &fault, w);

	return fail ? fail : fault_after(&fault, d->below->ops->make_dir(d->below, path, w), w);
}

static enum fail faulty_sync_dir(struct disk *base, const char *path, struct why *w)
{
	struct faulty_disk *d = disk_of(base);
	struct fault fault;
	enum fail fail = meet(d, FAULT_SYNC_DIR, &fault, w);

	if (fail || fault.what == FAULT_DO_LIE)
		return fail;
	return fault_after(&fault, d->below->ops->sync_dir(d->below, path, w), w);
}

static enum fail faulty_list(
	struct disk *base, const char *path, void (*each)(void *ctx, const char *name), void *ctx, struct why *w)
{
	struct faulty_disk *d = disk_of(base);
	struct fault fault;
	enum fail fail = meet(d, FAULT_LIST, &fault, w);

	return fail ? fail : fault_after(&fault, d->below->ops->list(d->below, path, each, ctx, w), w);
}

static enum fail faulty_space(struct disk *base, uint64_t *free_out, struct why *w)
{
	struct faulty_disk *d = disk_of(base);
	struct fault fault;
	enum fail fail = meet(d, FAULT_SPACE, &fault, w);

	if (fail == FAIL_DISK_FULL) { /* what was told to be full says so */
		*free_out = 0;
		return FAIL_NONE;
	}
	return fail ? fail : fault_after(&fault, d->below->ops->space(d->below, free_out, w), w);
}

static void faulty_free(struct disk *base)
{
	struct faulty_disk *d;

	if (!base)
		return;
	d = disk_of(base);
	if (d->owns_below)
		d->below->ops->free(d->below);
	free(d);
}

static const struct disk_ops faulty_ops = {
	.open = faulty_open,
	.close = faulty_close,
	.write = faulty_write,
	.read = faulty_read,
	.read_cached = faulty_read_cached,
	.sync = faulty_sync,
	.truncate = faulty_truncate,
	.allocate = faulty_allocate,
	.size = faulty_size,
	.rename = faulty_rename,
	.remove = faulty_remove,
	.make_dir = faulty_make_dir,
	.sync_dir = faulty_sync_dir,
	.list = faulty_list,
	.space = faulty_space,
	.free = faulty_free,
};

struct disk *disk_faulty(struct disk *below)
{
	struct faulty_disk *d = NEW(struct faulty_disk);

	d->base.ops = &faulty_ops;
	d->below = below;
	d->table = &d->own;
	(void)!fault_table_init(d->table); /* it is all zeros */
	return &d->base;
}

struct disk *disk_faulty_over(struct disk *below, struct fault_table *table)
{
	struct disk *base = disk_faulty(below);

	disk_of(base)->table = table;
	disk_of(base)->owns_below = true;
	return base;
}

struct fault_table *faulty_table(struct disk *base)
{
	return disk_of(base)->table;
}

void faulty_set(struct disk *base, enum fault_call call, unsigned nth, enum fail f, bool for_good)
{
	struct why w;
	char order[100];

	if (nth)
		snprintf(order, sizeof order, "%s:%u%s=%s", fault_call_word(call), nth, for_good ? "+" : "",
			f == FAIL_DISK_FULL ? "full" : "short");
	else
		snprintf(order, sizeof order, "%s:1=nothing", fault_call_word(call));
	if (fault_order(faulty_table(base), span_of(order), &w))
		abort();
}

unsigned faulty_count(struct disk *base, enum fault_call call)
{
	return (unsigned)__atomic_load_n(&faulty_table(base)->rows[call].calls, __ATOMIC_RELAXED);
}

/* The faulty index engine. A scan that is spoiled by UNKNOWN has told its rows; one that stalls holds up whoever waits for it. */
#include "kv/faulty.h"

#include "base/memory.h"

struct faulty_kv {
	struct kv base;
	struct kv *below;
	struct fault_table *table;
	void (*corrupt)(void *context);
	void *context;
	struct kv_ops ops; /* with the name of the engine below */
};

static struct faulty_kv *kv_of(struct kv *kv)
{
	return CONTAINER_OF(kv, struct faulty_kv, base);
}

/* FAIL_NONE: the call is to be made, and its result goes through fault_after. */
static enum fail meet(struct faulty_kv *kv, enum fault_call call, struct fault *out, struct why *w)
{
	enum fail f;

	*out = fault_meet(kv->table, call);
	f = fault_before(out, w);
	if (f == FAIL_CORRUPT && kv->corrupt)
		kv->corrupt(kv->context);
	return f;
}

static enum fail faulty_get(struct kv *base, struct span key, struct buf *out, struct why *w)
{
	struct faulty_kv *kv = kv_of(base);
	struct fault fault;
	enum fail f = meet(kv, FAULT_KV_GET, &fault, w);

	return f ? f : fault_after(&fault, kv->below->ops->get(kv->below, key, out, w), w);
}

static enum fail faulty_write(struct kv *base, const struct kv_batch *b, struct why *w)
{
	struct faulty_kv *kv = kv_of(base);
	struct fault fault;
	enum fail f = meet(kv, FAULT_KV_WRITE, &fault, w);

	return f ? f : fault_after(&fault, kv->below->ops->write(kv->below, b, w), w);
}

static enum fail faulty_scan(struct kv *base, struct span from, struct span to,
	bool (*each)(void *ctx, struct span key, struct span value), void *ctx, struct why *w)
{
	struct faulty_kv *kv = kv_of(base);
	struct fault fault;
	enum fail f = meet(kv, FAULT_KV_SCAN, &fault, w);

	return f ? f : fault_after(&fault, kv->below->ops->scan(kv->below, from, to, each, ctx, w), w);
}

/* A fault meets reads that are to be answered from memory as it does others; and only to them is PENDING something: memory has not got it. */
static enum fail meet_near(struct faulty_kv *kv, enum fault_call call, struct fault *out, struct why *w)
{
	enum fail f = meet(kv, call, out, w);

	return !f && out->what == FAULT_DO_PENDING ? FAIL_BUSY : f;
}

static enum fail faulty_get_near(struct kv *base, struct span key, struct buf *out, struct why *w)
{
	struct faulty_kv *kv = kv_of(base);
	struct fault fault;
	enum fail f = meet_near(kv, FAULT_KV_GET, &fault, w);

	return f ? f : fault_after(&fault, kv->below->ops->get_near(kv->below, key, out, w), w);
}

static enum fail faulty_scan_near(struct kv *base, struct span from, struct span to,
	bool (*each)(void *ctx, struct span key, struct span value), void *ctx, struct why *w)
{
	struct faulty_kv *kv = kv_of(base);
	struct fault fault;
	enum fail f = meet_near(kv, FAULT_KV_SCAN, &fault, w);

	return f ? f : fault_after(&fault, kv->below->ops->scan_near(kv->below, from, to, each, ctx, w), w);
}

static enum fail faulty_flush(struct kv *base, struct why *w)
{
	struct faulty_kv *kv = kv_of(base);
	struct fault fault;
	enum fail f = meet(kv, FAULT_KV_FLUSH, &fault, w);

	if (f || fault.what == FAULT_DO_LIE)
		return f;
	return fault_after(&fault, kv->below->ops->flush(kv->below, w), w);
}

static uint64_t faulty_unflushed(struct kv *base)
{
	struct kv *below = kv_of(base)->below;

	return below->ops->unflushed(below);
}

static void faulty_on_corrupt(struct kv *base, void (*call)(void *context), void *context)
{
	struct faulty_kv *kv = kv_of(base);

	kv->corrupt = call;
	kv->context = context;
	kv->below->ops->on_corrupt(kv->below, call, context);
}

static void faulty_close(struct kv *base)
{
	if (!base)
		return;
	kv_of(base)->below->ops->close(kv_of(base)->below);
	free(kv_of(base));
}

struct kv *kv_faulty(struct kv *below, struct fault_table *table)
{
	struct faulty_kv *kv = NEW(struct faulty_kv);

	kv->ops = (struct kv_ops){
		.name = below->ops->name, /* whoever tells engines apart by it means what is below */
		.get = faulty_get,
		.write = faulty_write,
		.scan = faulty_scan,
		.scan_once = faulty_scan,
		.get_near = faulty_get_near,
		.scan_near = faulty_scan_near,
		.flush = faulty_flush,
		.unflushed = faulty_unflushed,
		.on_corrupt = faulty_on_corrupt,
		.close = faulty_close,
	};
	kv->base.ops = &kv->ops;
	kv->below = below;
	kv->table = table;
	return &kv->base;
}

/* The faulty index engine. A scan that is spoiled by UNKNOWN has told its rows; one that stalls holds up whoever waits for it. */
#include "kv/faulty.h"

#include "base/memory.h"

struct faulty_kv {
	struct kv base;
	struct kv *below;
	struct fault_table *table;
	struct kv_ops ops; /* with the name of the engine below */
};

static struct faulty_kv *kv_of(struct kv *kv)
{
	return CONTAINER_OF(kv, struct faulty_kv, base);
}

static enum fail faulty_get(struct kv *base, struct span key, struct buf *out, struct why *w)
{
	struct faulty_kv *kv = kv_of(base);
	struct fault fault = fault_meet(kv->table, FAULT_KV_GET);
	enum fail f = fault_before(&fault, w);

	return f ? f : fault_after(&fault, kv->below->ops->get(kv->below, key, out, w), w);
}

static enum fail faulty_write(struct kv *base, const struct kv_batch *b, struct why *w)
{
	struct faulty_kv *kv = kv_of(base);
	struct fault fault = fault_meet(kv->table, FAULT_KV_WRITE);
	enum fail f = fault_before(&fault, w);

	return f ? f : fault_after(&fault, kv->below->ops->write(kv->below, b, w), w);
}

static enum fail faulty_scan(struct kv *base, struct span from, struct span to,
	bool (*each)(void *ctx, struct span key, struct span value), void *ctx, struct why *w)
{
	struct faulty_kv *kv = kv_of(base);
	struct fault fault = fault_meet(kv->table, FAULT_KV_SCAN);
	enum fail f = fault_before(&fault, w);

	return f ? f : fault_after(&fault, kv->below->ops->scan(kv->below, from, to, each, ctx, w), w);
}

/* A fault meets reads that are to be answered from memory as it does others. */
static enum fail faulty_get_near(struct kv *base, struct span key, struct buf *out, struct why *w)
{
	struct faulty_kv *kv = kv_of(base);
	struct fault fault = fault_meet(kv->table, FAULT_KV_GET);
	enum fail f = fault_before(&fault, w);

	return f ? f : fault_after(&fault, kv->below->ops->get_near(kv->below, key, out, w), w);
}

static enum fail faulty_scan_near(struct kv *base, struct span from, struct span to,
	bool (*each)(void *ctx, struct span key, struct span value), void *ctx, struct why *w)
{
	struct faulty_kv *kv = kv_of(base);
	struct fault fault = fault_meet(kv->table, FAULT_KV_SCAN);
	enum fail f = fault_before(&fault, w);

	return f ? f : fault_after(&fault, kv->below->ops->scan_near(kv->below, from, to, each, ctx, w), w);
}

static enum fail faulty_flush(struct kv *base, struct why *w)
{
	struct faulty_kv *kv = kv_of(base);
	struct fault fault = fault_meet(kv->table, FAULT_KV_FLUSH);
	enum fail f = fault_before(&fault, w);

	if (f || fault.what == FAULT_DO_LIE)
		return f;
	return fault_after(&fault, kv->below->ops->flush(kv->below, w), w);
}

static uint64_t faulty_unflushed(struct kv *base)
{
	struct kv *below = kv_of(base)->below;

	return below->ops->unflushed(below);
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
		.get_near = faulty_get_near,
		.scan_near = faulty_scan_near,
		.flush = faulty_flush,
		.unflushed = faulty_unflushed,
		.close = faulty_close,
	};
	kv->base.ops = &kv->ops;
	kv->below = below;
	kv->table = table;
	return &kv->base;
}

/* For tests: an engine that answers hardly anything from memory, so that what asks a worker then is seen to work. A lock makes any engine below
 * fit for several threads. */
#include <pthread.h>

#include "base/memory.h"
#include "kv/kv.h"

struct cold_kv {
	struct kv base;
	struct kv *below;
	unsigned period, asked, waits;
	pthread_t owner;
	pthread_mutex_t lock;
};

static struct cold_kv *kv_of(struct kv *kv)
{
	return CONTAINER_OF(kv, struct cold_kv, base);
}

static struct kv *enter(struct kv *kv)
{
	pthread_mutex_lock(&kv_of(kv)->lock);
	return kv_of(kv)->below;
}

static struct kv *enter_far(struct kv *kv)
{
	struct kv *below = enter(kv);

	kv_of(kv)->waits += pthread_equal(pthread_self(), kv_of(kv)->owner) != 0;
	return below;
}

static enum fail leave(struct kv *kv, enum fail f)
{
	pthread_mutex_unlock(&kv_of(kv)->lock);
	return f;
}

static enum fail cold_get(struct kv *kv, struct span key, struct buf *out, struct why *w)
{
	struct kv *below = enter_far(kv);

	return leave(kv, below->ops->get(below, key, out, w));
}

static enum fail cold_write(struct kv *kv, const struct kv_batch *b, struct why *w)
{
	struct kv *below = enter(kv);

	return leave(kv, below->ops->write(below, b, w));
}

static enum fail cold_scan(struct kv *kv, struct span from, struct span to,
	bool (*each)(void *ctx, struct span key, struct span value), void *ctx, struct why *w)
{
	struct kv *below = enter_far(kv);

	return leave(kv, below->ops->scan(below, from, to, each, ctx, w));
}

static bool is_near(struct kv *kv)
{
	struct cold_kv *c = kv_of(kv);

	return ++c->asked % c->period == 0;
}

static enum fail cold_get_near(struct kv *kv, struct span key, struct buf *out, struct why *w)
{
	struct kv *below = enter(kv);

	if (!is_near(kv))
		return leave(kv, FAIL_BUSY);
	return leave(kv, below->ops->get(below, key, out, w));
}

/* A scan tells what it has before it gives up. */
static enum fail cold_scan_near(struct kv *kv, struct span from, struct span to,
	bool (*each)(void *ctx, struct span key, struct span value), void *ctx, struct why *w)
{
	struct kv *below = enter(kv);
	enum fail f = below->ops->scan(below, from, to, each, ctx, w);

	return leave(kv, is_near(kv) ? f : FAIL_BUSY);
}

static enum fail cold_flush(struct kv *kv, struct why *w)
{
	struct kv *below = enter(kv);

	return leave(kv, below->ops->flush(below, w));
}

static uint64_t cold_unflushed(struct kv *kv)
{
	struct kv *below = enter(kv);
	uint64_t n = below->ops->unflushed(below);

	(void)leave(kv, FAIL_NONE);
	return n;
}

static void cold_on_corrupt(struct kv *kv, void (*call)(void *context), void *context)
{
	struct kv *below = kv_of(kv)->below;

	below->ops->on_corrupt(below, call, context);
}

static void cold_close(struct kv *kv)
{
	struct cold_kv *c;

	if (!kv)
		return;
	c = kv_of(kv);
	c->below->ops->close(c->below);
	pthread_mutex_destroy(&c->lock);
	free(c);
}

static const struct kv_ops cold_ops = {
	.name = "cold",
	.get = cold_get,
	.write = cold_write,
	.scan = cold_scan,
	.scan_once = cold_scan,
	.get_near = cold_get_near,
	.scan_near = cold_scan_near,
	.flush = cold_flush,
	.unflushed = cold_unflushed,
	.on_corrupt = cold_on_corrupt,
	.close = cold_close,
};

struct kv *kv_open_cold(struct kv *below, unsigned period)
{
	struct cold_kv *c = NEW(struct cold_kv);

	c->base.ops = &cold_ops;
	c->below = below;
	c->period = period;
	c->owner = pthread_self();
	pthread_mutex_init(&c->lock, NULL);
	return &c->base;
}

unsigned kv_cold_waits(const struct kv *kv)
{
	return CONTAINER_OF(kv, struct cold_kv, base)->waits;
}

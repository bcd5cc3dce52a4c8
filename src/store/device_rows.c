/* Devices as rows of the index: one for each, whole, and one for the account's policy (doc/STORE-FORMAT.md, "The rows of the index"). */
#include "base/memory.h"
#include "store/device_inner.h"
#include "store/index_key.h"

enum { OF_ACCOUNT = 0, OF_DEVICE = 1 };

static struct key row_key(const struct account *a, uint8_t what, struct span name)
{
	struct key k = key_begin(a->id, KEY_DEVICE);

	key_add(&k, what, 1);
	if (name.n && name.n <= sizeof(k.p) - k.n) {
		memcpy(k.p + k.n, name.p, name.n);
		k.n += name.n;
	}
	return k;
}

static void add_policy(struct buf *out, struct device_policy p)
{
	buf_add_u8(out, (uint8_t)p.keep);
	buf_add_varint(out, p.seconds);
}

static bool take_policy(struct span *in, struct device_policy *out)
{
	uint64_t seconds;
	uint8_t keep;

	if (!span_take_u8(in, &keep) || keep > DEVICE_AFTER || !span_take_varint(in, &seconds) || seconds > UINT32_MAX)
		return false;
	*out = (struct device_policy){(enum device_keep)keep, (uint32_t)seconds};
	return true;
}

static void put_device(struct account *a, const struct known_device *d)
{
	struct key k = row_key(a, OF_DEVICE, span_of(d->name));
	struct buf value;

	buf_init(&value, KV_VALUE_MAX);
	buf_add_u32(&value, d->seen);
	add_policy(&value, d->policy);
	marks_encode(&d->downloaded, &value);
	marks_encode(&d->deleted, &value);
	kv_batch_put(&a->store->index, key_span(&k), buf_span(&value));
	buf_fini(&value);
}

static void put_policy(struct account *a)
{
	struct key k = row_key(a, OF_ACCOUNT, SPAN(""));
	struct buf value;

	if (a->devices->policy.keep == DEVICE_UNSET) {
		kv_batch_delete(&a->store->index, key_span(&k));
		return;
	}
	buf_init(&value, 64);
	add_policy(&value, a->devices->policy);
	kv_batch_put(&a->store->index, key_span(&k), buf_span(&value));
	buf_fini(&value);
}

void index_put_devices(struct account *a)
{
	struct devices *d = a->devices;

	for (size_t i = 0; d && i < d->n; i++) {
		if (d->at[i]->dirty)
			put_device(a, d->at[i]);
		d->at[i]->dirty = false;
	}
	if (d && d->policy_dirty)
		put_policy(a);
	if (d)
		d->policy_dirty = false;
}

void index_delete_device(struct account *a, struct span name)
{
	struct key k = row_key(a, OF_DEVICE, name);

	kv_batch_delete(&a->store->index, key_span(&k));
}

bool devices_take_row(struct account *a, struct span key, struct span value)
{
	struct device_policy policy;
	struct known_device *d;
	uint32_t seen;
	uint8_t what;

	if (!span_take_u8(&key, &what))
		return false;
	if (what == OF_ACCOUNT) {
		if (key.n || !take_policy(&value, &policy) || value.n)
			return false;
		device_apply(a, &(struct op){.kind = OP_DEVICE_POLICY, .bit = policy.keep, .time = policy.seconds}, 0);
		a->devices->policy_dirty = false;
		return true;
	}
	if (key.n > DEVICE_NAME_MAX || !span_take_be32(&value, &seen) || !take_policy(&value, &policy))
		return false;
	device_apply(a, &(struct op){.kind = OP_DEVICE, .text = key, .time = seen}, 0);
	d = device_known(a, key);
	d->policy = policy;
	d->dirty = false;
	return marks_decode(&value, &d->downloaded) && marks_decode(&value, &d->deleted) && !value.n;
}

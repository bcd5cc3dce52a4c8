/* The devices of an account in memory, and what the ops on them come to. Applying one again comes to the same (INV-29). Must never look at the
 * clock or at the rows: a redo has neither as they were. */
#include "store/device.h"

#include <utf8proc.h>

#include "base/memory.h"
#include "base/utf8.h"
#include "store/device_inner.h"

/* ── Names ── */

static enum fail check_name(struct span name, struct why *w)
{
	uint32_t c;

	if (name.n > DEVICE_NAME_MAX)
		return why(w, FAIL_CANNOT, "A device's name can have at most %d octets.", DEVICE_NAME_MAX);
	while (name.n) {
		if (!utf8_take(&name, &c))
			return why(w, FAIL_CANNOT, "A device's name must be valid UTF-8.");
		if (c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x2028 || c == 0x2029)
			return why(w, FAIL_CANNOT, "A device's name cannot hold control characters.");
		if (c == '/')
			return why(w, FAIL_CANNOT, "A device's name cannot hold a slash.");
	}
	return FAIL_NONE;
}

enum fail device_name_normal(struct span name, struct buf *out, struct why *w)
{
	utf8proc_uint8_t *composed = NULL;
	enum fail f = check_name(name, w);

	if (f)
		return f;
	if (!span_is_ascii(name)) {
		utf8proc_ssize_t n = utf8proc_map((const utf8proc_uint8_t *)name.p, (utf8proc_ssize_t)name.n, &composed,
			UTF8PROC_STABLE | UTF8PROC_COMPOSE);

		if (n < 0)
			return why(w, FAIL_CANNOT, "A device's name must be valid UTF-8.");
		name = span(composed, (size_t)n);
		if (name.n > DEVICE_NAME_MAX)
			f = why(w, FAIL_CANNOT, "A device's name can have at most %d octets.", DEVICE_NAME_MAX);
	}
	if (!f)
		f = buf_add(out, name);
	free(composed);
	return f;
}

/* ── The list ── */

static size_t lower_bound(const struct devices *d, struct span name)
{
	size_t i = 0;

	while (i < d->n && span_cmp(span_of(d->at[i]->name), name) < 0)
		i++;
	return i;
}

struct known_device *device_known(const struct account *a, struct span name)
{
	size_t i = a->devices ? lower_bound(a->devices, name) : 0;

	if (!a->devices || i == a->devices->n || !span_eq(span_of(a->devices->at[i]->name), name))
		return NULL;
	return a->devices->at[i];
}

static struct devices *devices_of(struct account *a)
{
	if (!a->devices)
		a->devices = NEW(struct devices);
	return a->devices;
}

static struct known_device *known_or_new(struct account *a, struct span name)
{
	struct devices *d = devices_of(a);
	struct known_device *k = device_known(a, name);
	size_t i;

	if (k)
		return k;
	i = lower_bound(d, name);
	if (d->n == d->cap) {
		d->cap = d->cap ? d->cap * 2 : 2;
		d->at = memory_resize_array(d->at, d->cap, sizeof(struct known_device *));
	}
	memmove(&d->at[i + 1], &d->at[i], (d->n - i) * sizeof(struct known_device *));
	k = d->at[i] = NEW(struct known_device);
	d->n++;
	k->name = memory_new(name.n + 1);
	if (name.n)
		memcpy(k->name, name.p, name.n);
	return k;
}

static void known_free(struct known_device *k)
{
	marks_fini(&k->downloaded);
	marks_fini(&k->deleted);
	free(k->name);
	free(k);
}

void devices_clear(struct account *a)
{
	if (!a->devices)
		return;
	for (size_t i = 0; i < a->devices->n; i++)
		known_free(a->devices->at[i]);
	free(a->devices->at);
	free(a->devices);
	a->devices = NULL;
}

size_t devices_rows(const struct account *a)
{
	return a->devices ? a->devices->n + (a->devices->policy.keep != DEVICE_UNSET) : 0;
}

/* ── Applying ── */

static void forget(struct account *a, struct span name)
{
	struct devices *d = a->devices;
	struct known_device *k = device_known(a, name);
	size_t i;

	if (!k)
		return;
	i = lower_bound(d, name);
	index_delete_device(a, name);
	memmove(&d->at[i], &d->at[i + 1], (d->n - i - 1) * sizeof(struct known_device *));
	d->n--;
	known_free(k);
}

static void apply_policy(struct account *a, const struct op *op)
{
	struct device_policy policy = {(enum device_keep)op->bit, op->time};
	struct known_device *k;

	if (!op->on) {
		devices_of(a)->policy = policy;
		a->devices->policy_dirty = true;
		return;
	}
	k = device_known(a, op->text);
	if (!k)
		return;
	k->policy = policy;
	k->dirty = true;
}

/* One that the record of its making is lost of begins with this. */
static void apply_marks(struct account *a, const struct op *op, uint32_t time)
{
	struct known_device *k = known_or_new(a, op->text);
	struct marks *m = op->bit == DEVICE_MARK_DOWNLOADED ? &k->downloaded : &k->deleted;
	struct span runs = op->encoded_runs;
	struct uid_run run;

	if (!k->seen)
		k->seen = time;
	while (op_run_take(op, &runs, &run))
		marks_set(m, run.first, run.first + (run.count - 1), op->time);
	k->dirty = true;
}

void device_apply(struct account *a, const struct op *op, uint32_t time)
{
	struct known_device *k;

	switch (op->kind) {
	case OP_DEVICE:
		k = known_or_new(a, op->text);
		k->seen = op->time;
		k->dirty = true;
		break;
	case OP_DEVICE_MARKS: apply_marks(a, op, time); break;
	case OP_DEVICE_POLICY: apply_policy(a, op); break;
	case OP_DEVICE_FORGET: forget(a, op->text); break;
	default: break;
	}
}

/* ── Snapshots ── */

/* Ranges of one time are one op. */
static void snapshot_marks(const struct known_device *k, enum device_mark which, const struct marks *m,
	void (*put)(void *context, const struct op *op), void *context)
{
	struct op op = {.kind = OP_DEVICE_MARKS, .text = span_of(k->name), .bit = (uint8_t)which};

	for (size_t i = 0; i < m->n; i++) {
		struct uid_run run = {m->at[i].first, m->at[i].last - m->at[i].first + 1, 0};

		op.time = m->at[i].time;
		op.runs = &run;
		op.run_count = 1;
		put(context, &op);
	}
}

void devices_snapshot(const struct account *a, void (*put)(void *context, const struct op *op), void *context)
{
	const struct devices *d = a->devices;

	for (size_t i = 0; d && i < d->n; i++) {
		const struct known_device *k = d->at[i];
		struct span name = span_of(k->name);

		put(context, &(struct op){.kind = OP_DEVICE, .text = name, .time = k->seen});
		if (k->policy.keep != DEVICE_UNSET)
			put(context, &(struct op){.kind = OP_DEVICE_POLICY,
					     .text = name,
					     .on = true,
					     .bit = (uint8_t)k->policy.keep,
					     .time = k->policy.seconds});
		snapshot_marks(k, DEVICE_MARK_DOWNLOADED, &k->downloaded, put, context);
		snapshot_marks(k, DEVICE_MARK_DELETED, &k->deleted, put, context);
	}
	if (d && d->policy.keep != DEVICE_UNSET)
		put(context,
			&(struct op){
				.kind = OP_DEVICE_POLICY, .bit = (uint8_t)d->policy.keep, .time = d->policy.seconds});
}

/* ── Looking ── */

static void tell(const struct known_device *k, struct device *out)
{
	*out = (struct device){span_of(k->name), k->seen, k->policy};
}

size_t account_devices(const struct account *a)
{
	return a->devices ? a->devices->n : 0;
}

void account_device_at(const struct account *a, size_t i, struct device *out)
{
	tell(a->devices->at[i], out);
}

enum fail account_device_find(const struct account *a, struct span name, struct device *out)
{
	const struct known_device *k = device_known(a, name);

	if (!k)
		return FAIL_NOT_FOUND;
	tell(k, out);
	return FAIL_NONE;
}

struct device_policy account_device_policy(const struct account *a)
{
	return a->devices ? a->devices->policy : (struct device_policy){DEVICE_UNSET, 0};
}

struct device_policy account_device_policy_of(const struct account *a, struct span name, struct device_policy otherwise)
{
	const struct known_device *k = device_known(a, name);

	if (k && k->policy.keep != DEVICE_UNSET)
		return k->policy;
	return a->devices && a->devices->policy.keep != DEVICE_UNSET ? a->devices->policy : otherwise;
}

int64_t account_device_downloaded(const struct account *a, struct span name, uint32_t uid)
{
	const struct known_device *k = device_known(a, name);

	return k ? marks_time(&k->downloaded, uid) : 0;
}

bool account_device_deleted(const struct account *a, struct span name, uint32_t uid)
{
	const struct known_device *k = device_known(a, name);

	return k && marks_time(&k->deleted, uid);
}

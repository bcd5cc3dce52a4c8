/* Staging of what devices of POP3 leave behind, and of what goes because all have let it go (device.h). What each device has is worked out as it
 * will be, and only the ranges that change are staged. Two sessions that end at once may each not see what the other lets go: the next
 * to settle finds it. */
#include "base/memory.h"
#include "store/device_inner.h"

/* ── A device as it will be ── */

struct becoming {
	const struct known_device *was; /* NULL: it is new */
	struct span name;
	bool visits;
	struct marks downloaded, deleted;
};

static void becoming_begin(struct becoming *d, const struct known_device *was, struct span name)
{
	*d = (struct becoming){.was = was, .name = name};
	if (!was)
		return;
	marks_copy(&d->downloaded, &was->downloaded);
	marks_copy(&d->deleted, &was->deleted);
}

struct settling {
	struct batch *b;
	struct mailbox *inbox;
	const struct device_rules *rules;
	struct becoming at[2 * DEVICES_MAX]; /* those that stay; a few too many may have come at once */
	size_t n;
	struct marks gone; /* let go by all */
	enum fail failed;
	struct why *why;
};

/* ── The visit ── */

/* Behind the message before it, so that a mark covers what is gone between the two. 0: it is not there any more itself. */
static uint32_t first_of(const struct mailbox *m, uint32_t uid)
{
	size_t i = mailbox_lower_bound(m, uid);

	if (i == mailbox_count(m) || mailbox_uid_at(m, i) != uid)
		return 0;
	return i ? mailbox_uid_at(m, i - 1) + 1 : 1;
}

static void take_visit(struct settling *s, struct becoming *d, const struct device_visit *v)
{
	int64_t now = (s->rules->now + DEVICE_TIME_STEP - 1) / DEVICE_TIME_STEP * DEVICE_TIME_STEP;

	d->visits = true;
	for (size_t i = 0; i < v->n; i++) {
		uint32_t uid = v->uids[i], first = v->marks[i] ? first_of(s->inbox, uid) : 0;

		if (first && (v->marks[i] & VISIT_RETRIEVED) && !marks_time(&d->downloaded, uid))
			marks_set(&d->downloaded, first, uid, (uint32_t)now);
		if (first && (v->marks[i] & VISIT_DELETED))
			marks_set(&d->deleted, first, uid, 1);
	}
}

static bool has_any(const struct mailbox *m, uint32_t first, uint32_t last)
{
	size_t i = mailbox_lower_bound(m, first);

	return i < mailbox_count(m) && mailbox_uid_at(m, i) <= last;
}

/* Marks on nothing but messages that are gone go too, ranges with nothing but such between them are one, and of very many the oldest go. */
static void prune(const struct mailbox *m, struct marks *marks)
{
	size_t kept = 0, over;

	for (size_t i = 0; i < marks->n; i++) {
		const struct mark *at = &marks->at[i];
		struct mark *before = kept ? &marks->at[kept - 1] : NULL;

		if (!has_any(m, at->first, at->last))
			continue;
		if (before && before->time == at->time && !has_any(m, before->last + 1, at->first - 1))
			before->last = at->last;
		else
			marks->at[kept++] = *at;
	}
	over = kept > DEVICE_MARKS_MAX ? kept - DEVICE_MARKS_MAX : 0;
	if (over)
		memmove(marks->at, marks->at + over, (kept - over) * sizeof(*marks->at));
	marks->n = kept - over;
}

/* ── What goes ── */

static void find_gone(struct settling *s)
{
	const struct account *a = s->b->account;

	for (size_t i = 0; i < s->n; i++) {
		const struct becoming *d = &s->at[i];
		struct marks let_go = {0};

		device_let_go(&d->downloaded, &d->deleted, account_device_policy_of(a, d->name, s->rules->otherwise),
			s->rules->now, &let_go);
		if (i)
			marks_intersect(&s->gone, &let_go);
		else
			marks_copy(&s->gone, &let_go);
		marks_fini(&let_go);
	}
	for (size_t i = 0; i < s->n; i++) {
		for (size_t k = 0; k < s->gone.n; k++) {
			marks_set(&s->at[i].downloaded, s->gone.at[k].first, s->gone.at[k].last, 0);
			marks_set(&s->at[i].deleted, s->gone.at[k].first, s->gone.at[k].last, 0);
		}
	}
}

static enum fail stage_gone(struct settling *s)
{
	enum fail f = FAIL_NONE;

	for (size_t k = 0; k < s->gone.n && !f; k++) {
		const struct mark *g = &s->gone.at[k];

		if (has_any(s->inbox, g->first, g->last))
			f = batch_expunge(s->b, s->inbox, g->first, g->last, s->why);
	}
	return f;
}

/* ── What changes ── */

struct changing {
	struct settling *s;
	struct span name;
	enum device_mark which;
	bool clearing; /* first what has no mark any more, then the marks: fewer ops */
	bool any;
	uint32_t time; /* of the op that was staged last */
};

static void stage_change(void *context, uint32_t first, uint32_t last, uint32_t time)
{
	struct changing *c = context;
	struct op op = {.kind = OP_DEVICE_MARKS, .bit = (uint8_t)c->which, .time = time};

	if (c->clearing != !time || c->s->failed)
		return;
	if (!c->any || c->time != time)
		c->s->failed = batch_stage_text(c->s->b, &op, c->name, c->s->why);
	if (c->s->failed)
		return;
	c->any = true;
	c->time = time;
	batch_stage_run(c->s->b, first, last);
}

static void stage_marks(
	struct settling *s, struct span name, enum device_mark which, const struct marks *was, const struct marks *now)
{
	struct changing c = {.s = s, .name = name, .which = which, .clearing = true};

	marks_changes(was, now, stage_change, &c);
	c.clearing = c.any = false;
	marks_changes(was, now, stage_change, &c);
}

static enum fail stage_seen(struct settling *s, const struct becoming *d, size_t changes)
{
	int64_t now = s->rules->now, since = d->was ? now - d->was->seen : 0;

	if (!d->visits || (d->was && !changes && since >= 0 && since < DEVICE_SEEN_STEP))
		return FAIL_NONE;
	return batch_stage_text(s->b, &(struct op){.kind = OP_DEVICE, .time = (uint32_t)now}, d->name, s->why);
}

static enum fail stage_device(struct settling *s, const struct becoming *d)
{
	static const struct marks none;
	size_t before = s->b->count;

	stage_marks(s, d->name, DEVICE_MARK_DOWNLOADED, d->was ? &d->was->downloaded : &none, &d->downloaded);
	if (!s->failed)
		stage_marks(s, d->name, DEVICE_MARK_DELETED, d->was ? &d->was->deleted : &none, &d->deleted);
	return s->failed ? s->failed : stage_seen(s, d, s->b->count - before);
}

/* ── Settling ── */

/* All devices but those that are over, which are forgotten. */
static enum fail gather(struct settling *s, const struct device_visit *v)
{
	const struct devices *all = s->b->account->devices;
	enum fail f = FAIL_NONE;
	bool there = false;

	for (size_t i = 0; all && i < all->n && !f; i++) {
		const struct known_device *k = all->at[i];
		bool visits = v && span_eq(span_of(k->name), v->name);

		if (!visits && device_is_over(k, s->rules)) {
			f = batch_device_forget(s->b, span_of(k->name), s->why);
			continue;
		}
		if (s->n == ARRAY_LEN(s->at))
			return why(s->why, FAIL_LIMIT, "this account has too many devices");
		becoming_begin(&s->at[s->n++], k, span_of(k->name));
		if (visits)
			take_visit(s, &s->at[s->n - 1], v);
		there |= visits;
	}
	if (f || !v || there)
		return f;
	if (s->n >= DEVICES_MAX)
		return why(s->why, FAIL_LIMIT, "this account has too many devices");
	becoming_begin(&s->at[s->n++], NULL, v->name);
	take_visit(s, &s->at[s->n - 1], v);
	return FAIL_NONE;
}

static enum fail settle(struct settling *s, const struct device_visit *v)
{
	enum fail f = gather(s, v);

	if (f)
		return f;
	find_gone(s);
	for (size_t i = 0; i < s->n && !f; i++) {
		prune(s->inbox, &s->at[i].downloaded);
		prune(s->inbox, &s->at[i].deleted);
		f = stage_device(s, &s->at[i]);
	}
	return f ? f : stage_gone(s);
}

static enum fail settle_all(struct batch *b, struct mailbox *inbox, const struct device_visit *v,
	const struct device_rules *rules, struct why *w)
{
	struct settling *s = NEW(struct settling);
	enum fail f;

	s->b = b;
	s->inbox = inbox;
	s->rules = rules;
	s->why = w;
	f = settle(s, v);
	for (size_t i = 0; i < s->n; i++) {
		marks_fini(&s->at[i].downloaded);
		marks_fini(&s->at[i].deleted);
	}
	marks_fini(&s->gone);
	free(s);
	return f;
}

enum fail batch_device_leave(struct batch *b, struct mailbox *inbox, const struct device_visit *v,
	const struct device_rules *rules, struct why *w)
{
	return settle_all(b, inbox, v, rules, w);
}

enum fail batch_devices_settle(struct batch *b, struct mailbox *inbox, const struct device_rules *rules, struct why *w)
{
	return settle_all(b, inbox, NULL, rules, w);
}

/* ── An administrator's ── */

static enum fail no_device(struct why *w)
{
	return why(w, FAIL_NOT_FOUND, "There is no such device.");
}

enum fail batch_device_policy(struct batch *b, const struct span *name, struct device_policy policy, struct why *w)
{
	struct op op = {.kind = OP_DEVICE_POLICY,
		.on = name != NULL,
		.bit = (uint8_t)policy.keep,
		.time = policy.keep == DEVICE_AFTER ? policy.seconds : 0};

	if (name && !device_known(b->account, *name))
		return no_device(w);
	return batch_stage_text(b, &op, name ? *name : SPAN(""), w);
}

enum fail batch_device_forget(struct batch *b, struct span name, struct why *w)
{
	if (!device_known(b->account, name))
		return no_device(w);
	return batch_stage_text(b, &(struct op){.kind = OP_DEVICE_FORGET}, name, w);
}

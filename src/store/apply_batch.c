/* A durable batch becomes true. The same function serves the living store and the redo at opening, so a history always comes to the same rows; a
 * batch that has been applied is recognised by its number and passed over (INV-21 in doc/STORE-FORMAT.md).
 *
 * In the living store a batch that changes very much is applied in slices, each of about a millisecond, with turns of the loop in between:
 * it is durable, so all of it will be true, and each slice leaves rows, counts and index that fit each other. Only the account's number comes
 * with the last slice. So an index that was flushed in between has a part of the batch, and redoing the whole must come to the same as
 * applying it once (INV-29). */
#include "base/in_service.h"
#include "base/memory.h"
#include "store/apply.h"
#include "store/device_inner.h"

#define ROOM_FOR_ALL (SIZE_MAX / 2)

/* ── What a slice may take ── */

/* How many rows of the run there are, at most `most`; and the uid behind the last of those. */
static size_t rows_in(const struct rows *rows, const struct uid_run *run, size_t most, uint32_t *past_out)
{
	size_t i = rows_lower_bound(rows, run->first), n = 0;

	while (n < most && i + n < rows->n && rows->p[i + n].uid - run->first < run->count)
		n++;
	*past_out = n ? rows->p[i + n - 1].uid + 1 : run->first;
	return n;
}

bool apply_take_run(struct applying *ap, const struct rows *rows, size_t cost, struct uid_run *out)
{
	size_t most = (ap->room + cost - 1) / cost, n;
	uint32_t past;

	if (!most || (!ap->rest.count && !op_run_take(&ap->op, &ap->runs, &ap->rest)))
		return false;
	*out = ap->rest;
	if (rows) {
		n = rows_in(rows, &ap->rest, most, &past);
		if (n == most)
			out->count = past - out->first;
		n = n ? n : 1;
	} else {
		n = out->count < most ? out->count : most;
		out->count = (uint32_t)n;
	}
	ap->rest.first += out->count;
	ap->rest.to += out->count;
	ap->rest.count -= out->count;
	ap->room = n < ap->room / cost ? ap->room - n * cost : 0;
	return true;
}

void apply_skip_runs(struct applying *ap)
{
	ap->runs.n = 0;
	ap->rest.count = 0;
}

/* ── The batch ── */

bool op_needs_rows(enum op_kind kind)
{
	return op_ranges(kind) || op_carries(kind) || kind == OP_DELETE || kind == OP_DELETE_KEEP ||
	       kind == OP_RELOCATE;
}

/* Reads the index as it is before the batch. */
static bool needs_index(enum op_kind kind)
{
	return kind == OP_UNDELETE || kind == OP_PURGE || kind == OP_RELOCATE_KEPT || kind == OP_GONE ||
	       kind == OP_MERGE_VANISHED;
}

/* Rows that the ops need are read before the first of them changes anything, and what earlier batches gathered for the index is
 * written first, so that they are there. */
static enum fail load_rows_of(struct applying *ap, uint64_t mailbox, struct why *w)
{
	struct mailbox *m = account_by_id(ap->a, mailbox);
	enum fail f;

	if (!m || m->state == ROWS_LOADED)
		return FAIL_NONE;
	f = index_write(ap->s, w);
	if (!f)
		f = mailbox_load_now(m, w);
	if (!f)
		apply_touch(ap, m); /* so that it is settled, whatever the ops come to */
	return f;
}

/* FAIL_SYNTAX, so that it is not taken for a fault of the index. */
static enum fail unreadable(enum fail f, uint64_t account, struct why *w)
{
	if (f == FAIL_CONFIG)
		return why(w, f, "The mail log was written by a newer version of Barid.");
	return why_log(w, FAIL_SYNTAX, "The mail log has a problem.", "a batch of account %llu cannot be read",
		(unsigned long long)account);
}

/* Every op is looked at before any is applied: a record that cannot be read whole changes nothing. */
static enum fail prepare(struct applying *ap, struct span ops, struct why *w)
{
	struct op op;
	enum fail f = FAIL_NONE;

	while (!f && ops.n) {
		f = op_decode(&ops, &op);
		if (!f && op_of_snapshots(op.kind))
			f = FAIL_CORRUPT;
		if (f)
			return unreadable(f, ap->a->id, w);
		if (op_needs_rows(op.kind))
			f = load_rows_of(ap, op.mailbox, w);
		else if (needs_index(op.kind) && ap->s->index.count)
			f = index_write(ap->s, w);
	}
	return f;
}

/* What has been changed so far goes into the index as it is. */
static void settle(struct applying *ap)
{
	while (!list_empty(&ap->dirty)) {
		struct mailbox *m = CONTAINER_OF(ap->dirty.next, struct mailbox, dirty);

		list_remove(&m->dirty);
		index_settle_rows(m);
		index_put_mailbox(m);
		rows_tighten(&m->rows);
		mailbox_settle(m);
	}
	kept_close_window(&ap->kept);
	index_put_devices(ap->a);
	index_put_account(ap->a);
}

static void finish(struct applying *ap)
{
	struct account *a = ap->a;

	need_batch(&a->need, ap->segment, ap->octets);
	a->partial = 0;
	a->sequence = ap->sequence;
	if (a->sequence_projected < a->sequence)
		a->sequence_projected = a->sequence;
	settle(ap);
}

static void begin_op(struct applying *ap)
{
	/* prepare has read it */
	ap->in_op = !op_decode(&ap->ops, &ap->op);
	ap->runs = ap->op.encoded_runs;
	ap->rest = (struct uid_run){0};
	ap->copied = 0;
}

/* FAIL_BUSY: there is more. */
static enum fail apply_slice(struct applying *ap)
{
	while (!ap->failed && ap->room && (ap->in_op || ap->ops.n)) {
		if (!ap->in_op)
			begin_op(ap);
		ap->in_op = false; /* unless whoever applies it says otherwise */
		apply_op(ap, &ap->op);
		ap->in_op |= ap->rest.count || ap->runs.n;
		ap->room -= ap->room > 0;
	}
	if (ap->failed) {
		kept_close_window(&ap->kept);
		return ap->failed;
	}
	if (!ap->in_op && !ap->ops.n) {
		finish(ap);
		return FAIL_NONE;
	}
	ap->a->partial = ap->sequence;
	settle(ap);
	return FAIL_BUSY;
}

static enum fail begin(
	struct applying *ap, struct store *s, struct log_pos pos, struct span record, struct batch *live, struct why *w)
{
	size_t octets = record.n;
	struct batch_head head;
	enum fail f = batch_head_decode(&record, &head);

	if (f)
		return unreadable(f, 0, w);
	*ap = (struct applying){.s = s,
		.live = live,
		.sequence = head.sequence,
		.time = head.time,
		.ops = record,
		.segment = pos.segment,
		.octets = octets};
	list_init(&ap->dirty);
	return account_get(s, head.account, &ap->a, w);
}

static enum fail apply_whole(struct applying *ap, struct why *w)
{
	enum fail f = FAIL_NONE;

	if (ap->sequence > ap->a->sequence) {
		ap->again = ap->a->partial == ap->sequence;
		ap->room = ROOM_FOR_ALL;
		ap->why = w;
		f = prepare(ap, ap->ops, w);
		if (!f)
			f = apply_slice(ap);
	}
	account_settle(ap->a);
	return f;
}

static enum fail apply_live(struct applying *ap, struct batch *b, struct why *w)
{
	enum fail f = FAIL_NONE;
	SERVING(ap->a->id);

	ap->why = w;
	ap->room = ap->s->slice;
	if (!b->applying)
		f = prepare(ap, ap->ops, w);
	if (!f)
		f = apply_slice(ap);
	if (f == FAIL_BUSY && !b->applying) {
		b->applying = NEW(struct applying);
		*b->applying = *ap;
		list_init(&b->applying->dirty);
	}
	if (!f)
		snapshot_if_due(ap->a);
	return f;
}

enum fail batch_apply(struct store *s, struct log_pos pos, struct span record, struct batch *live, struct why *w)
{
	struct applying ap;
	enum fail f;

	if (live && live->applying)
		return apply_live(live->applying, live, w);
	f = begin(&ap, s, pos, record, live, w);
	if (f)
		return f;
	return live ? apply_live(&ap, live, w) : apply_whole(&ap, w);
}

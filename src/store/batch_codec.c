/* The bytes of a batch record: its head and its ops (offsets in doc/STORE-FORMAT.md, "Mail records"). Pure: bytes in, ops out.
 * What was once written must be read for ever: fields are only ever added by a new version or a new kind of op. */
#include "base/memory.h"
#include "store/device_inner.h"
#include "store/inside.h"

bool op_known(unsigned kind)
{
	return (kind >= OP_ACCOUNT && kind <= OP_GONE) || (kind >= OP_COPY && kind <= OP_DEVICE_FORGET);
}

bool op_of_snapshots(enum op_kind kind)
{
	return kind == OP_STATE || kind == OP_ROW || kind == OP_VANISHED || kind == OP_KEPT;
}

bool op_ranges(enum op_kind kind)
{
	return kind == OP_FLAGS || kind == OP_EXPUNGE || kind == OP_EXPUNGE_KEEP;
}

bool op_carries(enum op_kind kind)
{
	return kind == OP_MOVE || kind == OP_COPY;
}

static uint64_t zigzag(int64_t v)
{
	return ((uint64_t)v << 1) ^ (uint64_t)(v >> 63);
}

static int64_t unzigzag(uint64_t v)
{
	return (int64_t)(v >> 1) ^ -(int64_t)(v & 1);
}

static void add_pos(struct buf *out, struct log_pos pos)
{
	buf_add_varint(out, pos.segment);
	buf_add_varint(out, pos.offset);
}

static bool take_u32(struct span *in, uint32_t *out)
{
	uint64_t v;

	if (!span_take_varint(in, &v) || v > UINT32_MAX)
		return false;
	*out = (uint32_t)v;
	return true;
}

static bool take_pos(struct span *in, struct log_pos *out)
{
	return take_u32(in, &out->segment) && take_u32(in, &out->offset);
}

static void add_row(struct buf *out, const struct row *r)
{
	buf_add_varint(out, r->uid);
	buf_add_varint(out, r->id);
	buf_add_varint(out, r->flags);
	buf_add_varint(out, r->size);
	buf_add_varint(out, zigzag(r->internal_date));
	buf_add_varint(out, zigzag(r->zone));
	buf_add_varint(out, r->save_date);
	add_pos(out, r->body);
	buf_add_varint(out, r->prefix);
	if (r->prefix)
		add_pos(out, r->prefix_pos);
}

static bool take_row(struct span *in, struct row *r)
{
	uint64_t date, zone;
	uint32_t prefix;

	*r = (struct row){0};
	if (!take_u32(in, &r->uid) || !span_take_varint(in, &r->id) || !span_take_varint(in, &r->flags) ||
		!take_u32(in, &r->size) || !span_take_varint(in, &date) || !span_take_varint(in, &zone) ||
		!take_u32(in, &r->save_date) || !take_pos(in, &r->body) || !take_u32(in, &prefix))
		return false;
	if (!r->uid || prefix > PREFIX_MAX || prefix > r->size || zone > UINT16_MAX)
		return false;
	r->internal_date = unzigzag(date);
	r->zone = (int16_t)unzigzag(zone);
	r->prefix = (uint16_t)prefix;
	return !prefix || take_pos(in, &r->prefix_pos);
}

static void add_runs(struct buf *out, const struct op *op)
{
	buf_add_varint(out, op->run_count);
	for (size_t i = 0; i < op->run_count; i++) {
		buf_add_varint(out, op->runs[i].first);
		buf_add_varint(out, op->runs[i].count);
		if (op_carries(op->kind))
			buf_add_varint(out, op->runs[i].to);
	}
}

static bool run_fits(uint32_t first, uint32_t count)
{
	return first && count && count - 1 <= UINT32_MAX - first;
}

static bool take_run(enum op_kind kind, struct span *in, struct uid_run *out)
{
	out->to = 0;
	if (!take_u32(in, &out->first) || !take_u32(in, &out->count) || !run_fits(out->first, out->count))
		return false;
	return !op_carries(kind) || (take_u32(in, &out->to) && run_fits(out->to, out->count));
}

/* Checks all runs, so that whoever walks them later need not. Those of flags and expunges ascend (apply walks the rows once). */
static bool take_runs(struct span *in, struct op *op)
{
	const char *start;
	struct uid_run run;
	uint64_t count, past = 0;

	if (!span_take_varint(in, &count) || count > in->n)
		return false;
	start = in->p;
	for (uint64_t i = 0; i < count; i++) {
		if (!take_run(op->kind, in, &run))
			return false;
		if (!op_carries(op->kind) && run.first < past)
			return false;
		past = (uint64_t)run.first + run.count;
	}
	op->run_count = (size_t)count;
	op->encoded_runs = span(start, (size_t)(in->p - start));
	return true;
}

bool op_run_take(const struct op *op, struct span *runs, struct uid_run *out)
{
	return runs->n && take_run(op->kind, runs, out);
}

static int run_cmp(const void *a, const void *b)
{
	const struct uid_run *x = a, *y = b;

	return (x->first > y->first) - (x->first < y->first);
}

size_t runs_normal(struct uid_run *runs, size_t n)
{
	size_t kept = 0;
	bool sorted = true;

	for (size_t i = 1; i < n && sorted; i++)
		sorted = runs[i - 1].first <= runs[i].first;
	if (!sorted)
		qsort(runs, n, sizeof(*runs), run_cmp);
	for (size_t i = 0; i < n; i++) {
		struct uid_run *last = kept ? &runs[kept - 1] : NULL;
		uint64_t past = last ? (uint64_t)last->first + last->count : 0;
		uint64_t end = (uint64_t)runs[i].first + runs[i].count;

		if (!last || runs[i].first > past)
			runs[kept++] = runs[i];
		else if (end > past)
			last->count = (uint32_t)(end - last->first);
	}
	return kept;
}

void batch_head_encode(const struct batch_head *h, struct buf *out)
{
	buf_add_u8(out, BATCH_VERSION);
	buf_add_varint(out, h->account);
	buf_add_varint(out, h->sequence);
	buf_add_varint(out, h->time);
}

enum fail batch_head_decode(struct span *in, struct batch_head *out)
{
	uint8_t version;

	if (!span_take_u8(in, &version))
		return FAIL_CORRUPT;
	if (version != BATCH_VERSION)
		return FAIL_CONFIG;
	if (!span_take_varint(in, &out->account) || !span_take_varint(in, &out->sequence) || !take_u32(in, &out->time))
		return FAIL_CORRUPT;
	return out->account && out->sequence ? FAIL_NONE : FAIL_CORRUPT;
}

static void add_tree_op(const struct op *op, struct buf *out)
{
	if (op->kind == OP_CREATE) {
		buf_add_varint(out, op->uidvalidity);
		buf_add_u8(out, op->use);
	} else if (op->kind == OP_SUBSCRIBE) {
		buf_add_u8(out, op->on);
	} else if (op->kind == OP_KEYWORD) {
		buf_add_u8(out, op->bit);
	}
	buf_add_counted(out, op->text);
}

static void add_kept_op(const struct op *op, struct buf *out)
{
	buf_add_varint(out, op->modseq);
	buf_add_varint(out, op->other);
	if (op->kind == OP_UNDELETE) {
		buf_add_varint(out, op->uid);
		buf_add_u64(out, op->set);
	} else if (op->kind == OP_RELOCATE_KEPT) {
		add_pos(out, op->row.body);
		add_pos(out, op->row.prefix_pos);
	} else if (op->kind == OP_KEPT) {
		buf_add_varint(out, op->time);
		add_row(out, &op->row);
		buf_add_counted(out, op->text);
	}
}

static void add_device_op(const struct op *op, struct buf *out)
{
	buf_add_counted(out, op->text);
	if (op->kind == OP_DEVICE_POLICY)
		buf_add_u8(out, op->on);
	if (op->kind == OP_DEVICE_POLICY || op->kind == OP_DEVICE_MARKS)
		buf_add_u8(out, op->bit);
	if (op->kind != OP_DEVICE_FORGET)
		buf_add_varint(out, op->time);
	if (op->kind == OP_DEVICE_MARKS)
		add_runs(out, op);
}

void op_encode(const struct op *op, struct buf *out)
{
	buf_add_u8(out, (uint8_t)op->kind);
	buf_add_varint(out, op->mailbox);
	switch (op->kind) {
	case OP_ACCOUNT: buf_add_varint(out, op->other); break;
	case OP_GONE:
	case OP_DELETE: break;
	case OP_MERGE_VANISHED:
	case OP_DELETE_KEEP: buf_add_varint(out, op->modseq); break;
	case OP_CREATE:
	case OP_RENAME:
	case OP_SUBSCRIBE:
	case OP_KEYWORD: add_tree_op(op, out); break;
	case OP_UNDELETE:
	case OP_PURGE:
	case OP_RELOCATE_KEPT:
	case OP_KEPT: add_kept_op(op, out); break;
	case OP_UIDVALIDITY: buf_add_varint(out, op->uidvalidity); break;
	case OP_MESSAGE:
		add_row(out, &op->row);
		buf_add_counted(out, op->text);
		break;
	case OP_FLAGS:
		buf_add_u64(out, op->set);
		buf_add_u64(out, op->clear);
		add_runs(out, op);
		break;
	case OP_EXPUNGE:
	case OP_EXPUNGE_KEEP: add_runs(out, op); break;
	case OP_RECENT: buf_add_varint(out, op->uid); break;
	case OP_COPY:
	case OP_MOVE:
		buf_add_varint(out, op->other);
		if (op->kind == OP_COPY)
			buf_add_varint(out, op->row.id);
		buf_add_counted(out, op->map);
		add_runs(out, op);
		break;
	case OP_RELOCATE:
		buf_add_varint(out, op->uid);
		add_pos(out, op->row.body);
		add_pos(out, op->row.prefix_pos);
		break;
	case OP_STATE:
		buf_add_varint(out, op->uid);
		buf_add_varint(out, op->recent);
		buf_add_varint(out, op->modseq);
		break;
	case OP_ROW:
		buf_add_varint(out, op->modseq);
		add_row(out, &op->row);
		buf_add_counted(out, op->text);
		break;
	case OP_VANISHED:
		buf_add_varint(out, op->uid);
		buf_add_varint(out, op->last);
		buf_add_varint(out, op->modseq);
		break;
	case OP_DEVICE:
	case OP_DEVICE_MARKS:
	case OP_DEVICE_POLICY:
	case OP_DEVICE_FORGET: add_device_op(op, out); break;
	}
}

static bool take_tree_op(struct span *in, struct op *op)
{
	uint8_t on = 0;

	if (op->kind == OP_CREATE && (!take_u32(in, &op->uidvalidity) || !span_take_u8(in, &op->use)))
		return false;
	if (op->kind == OP_SUBSCRIBE && !span_take_u8(in, &on))
		return false;
	if (op->kind == OP_KEYWORD && (!span_take_u8(in, &op->bit) || op->bit < KEYWORD_FIRST_BIT || op->bit > 63))
		return false;
	op->on = on != 0;
	if (op->kind == OP_CREATE && (op->use > USE_TRASH || !op->uidvalidity || !op->mailbox))
		return false;
	return span_take_counted(in, &op->text) && op->text.n && op->text.n <= MAILBOX_NAME_MAX;
}

static bool map_is_good(struct span map)
{
	if (map.n % 2)
		return false;
	for (size_t i = 0; i < map.n; i++)
		if ((unsigned char)map.p[i] < KEYWORD_FIRST_BIT || (unsigned char)map.p[i] > 63)
			return false;
	return true;
}

static bool take_message(struct span *in, struct op *op)
{
	return take_row(in, &op->row) && span_take_counted(in, &op->text) && op->text.n <= UIDL_MAX;
}

static bool take_kept_op(struct span *in, struct op *op)
{
	if (!span_take_varint(in, &op->modseq) || !span_take_varint(in, &op->other))
		return false;
	switch (op->kind) {
	case OP_UNDELETE: return take_u32(in, &op->uid) && op->uid && span_take_be64(in, &op->set);
	case OP_RELOCATE_KEPT: return take_pos(in, &op->row.body) && take_pos(in, &op->row.prefix_pos);
	case OP_KEPT: return take_u32(in, &op->time) && take_message(in, op);
	default: return true;
	}
}

static bool take_device_op(struct span *in, struct op *op)
{
	uint8_t on = 0;

	if (!span_take_counted(in, &op->text) || op->text.n > DEVICE_NAME_MAX || memchr(op->text.p, 0, op->text.n))
		return false;
	if (op->kind == OP_DEVICE_POLICY &&
		(!span_take_u8(in, &on) || on > 1 || !span_take_u8(in, &op->bit) || op->bit > DEVICE_AFTER))
		return false;
	op->on = on;
	if (op->kind == OP_DEVICE_MARKS &&
		(!span_take_u8(in, &op->bit) || op->bit < DEVICE_MARK_DOWNLOADED || op->bit > DEVICE_MARK_DELETED))
		return false;
	if (op->kind != OP_DEVICE_FORGET && !take_u32(in, &op->time))
		return false;
	return op->kind != OP_DEVICE_MARKS || take_runs(in, op);
}

static bool take_fields(struct span *in, struct op *op)
{
	switch (op->kind) {
	case OP_ACCOUNT: return span_take_varint(in, &op->other);
	case OP_GONE:
	case OP_DELETE: return true;
	case OP_MERGE_VANISHED:
	case OP_DELETE_KEEP: return span_take_varint(in, &op->modseq);
	case OP_CREATE:
	case OP_RENAME:
	case OP_SUBSCRIBE:
	case OP_KEYWORD: return take_tree_op(in, op);
	case OP_UNDELETE:
	case OP_PURGE:
	case OP_RELOCATE_KEPT:
	case OP_KEPT: return take_kept_op(in, op);
	case OP_UIDVALIDITY: return take_u32(in, &op->uidvalidity) && op->uidvalidity;
	case OP_MESSAGE: return take_message(in, op);
	case OP_STATE: return take_u32(in, &op->uid) && take_u32(in, &op->recent) && span_take_varint(in, &op->modseq);
	case OP_ROW: return span_take_varint(in, &op->modseq) && take_message(in, op);
	case OP_VANISHED: return take_u32(in, &op->uid) && take_u32(in, &op->last) && span_take_varint(in, &op->modseq);
	case OP_FLAGS: return span_take_be64(in, &op->set) && span_take_be64(in, &op->clear) && take_runs(in, op);
	case OP_EXPUNGE:
	case OP_EXPUNGE_KEEP: return take_runs(in, op);
	case OP_RECENT: return take_u32(in, &op->uid);
	case OP_COPY:
	case OP_MOVE:
		return span_take_varint(in, &op->other) && (op->kind == OP_MOVE || span_take_varint(in, &op->row.id)) &&
		       span_take_counted(in, &op->map) && map_is_good(op->map) && take_runs(in, op);
	case OP_RELOCATE:
		return take_u32(in, &op->uid) && take_pos(in, &op->row.body) && take_pos(in, &op->row.prefix_pos);
	case OP_DEVICE:
	case OP_DEVICE_MARKS:
	case OP_DEVICE_POLICY:
	case OP_DEVICE_FORGET: return take_device_op(in, op);
	}
	return false;
}

enum fail op_decode(struct span *in, struct op *out)
{
	uint8_t kind;

	*out = (struct op){0};
	if (!span_take_u8(in, &kind) || !kind)
		return FAIL_CORRUPT;
	if (!op_known(kind))
		return FAIL_CONFIG;
	out->kind = kind;
	if (!span_take_varint(in, &out->mailbox) || !take_fields(in, out))
		return FAIL_CORRUPT;
	return FAIL_NONE;
}

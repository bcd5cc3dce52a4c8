/* What the log tells becomes true once more: the same batches by the same function as when they were new (INV-21). Used by the redo at opening
 * and by a rebuild; passes over what it cannot read, and refuses what is of a newer version. */
#include "base/in_service.h"
#include "store/inside.h"
#include "store/snapshot.h"

enum {
	REDO_WRITE_BYTES = 1 << 20,
	REBUILD_WRITE_BYTES = 32 << 10 /* sessions wait while it is written: a millisecond */
};

static enum fail redo_batch(struct redo *r, struct log_pos pos, struct span payload, struct why *w)
{
	struct store *s = r->s;
	enum fail f = batch_apply(s, pos, payload, NULL, w);

	/* Whole, by its checksum, and yet no batch: a fault of whoever wrote it. The others are not to suffer. */
	if (f == FAIL_SYNTAX) {
		store_report(s, "a batch in the log cannot be read and is passed over: %s", w ? w->log : "");
		f = FAIL_NONE;
	}
	if (!f && s->index.ops.n > (s->rebuild ? REBUILD_WRITE_BYTES : REDO_WRITE_BYTES))
		f = index_write(s, w);
	if (!f && !s->rebuild && ++r->batches % 100000 == 0)
		store_report(s, "the index is being brought up to the log: %llu changes so far",
			(unsigned long long)r->batches);
	return f;
}

static enum fail newer(struct why *w)
{
	return why(w, FAIL_CONFIG, "The mail store was written by a newer version of Barid.");
}

static enum fail batch_known(const struct store *s, struct span payload)
{
	struct batch_head head;
	struct op op;
	enum fail f = batch_head_decode(&payload, &head);
	SERVING(f ? 0 : head.account);

	if (!f && store_is_aside(s, head.account))
		return FAIL_NONE; /* not even looked at */
	while (!f && payload.n)
		f = op_decode(&payload, &op);
	return f;
}

/* Whether the record is of a version that this program has. What is in it otherwise is for redo_record to say. */
enum fail redo_known(void *context, struct log_pos pos, uint8_t type, struct span payload, struct why *w)
{
	uint8_t version = payload.n ? (uint8_t)payload.p[0] : 0;
	struct redo *r = context;

	(void)pos;
	if (type > RECORD_CHUNK_PACKED || (type == RECORD_STORE && version > STORE_VERSION) ||
		(type == RECORD_SNAPSHOT && version > SNAPSHOT_VERSION))
		return newer(w);
	if (type != RECORD_BATCH)
		return FAIL_NONE;
	return batch_known(r->s, payload) == FAIL_CONFIG ? newer(w) : FAIL_NONE;
}

enum fail redo_record(void *context, struct log_pos pos, uint8_t type, struct span payload, struct why *w)
{
	struct redo *r = context;

	if (type > RECORD_CHUNK_PACKED)
		return newer(w);
	if (r->come_to)
		r->come_to(r->come_to_context, pos);
	if (aside_passes(r->s, pos, type, payload))
		return FAIL_NONE;
	if (type == RECORD_BATCH)
		return redo_batch(r, pos, payload, w);
	if (type == RECORD_SNAPSHOT)
		return snapshot_redo(r->s, &r->snapshot, pos, payload, w);
	if (type == RECORD_STORE && payload.n == IDENTITY_SIZE) {
		if (payload.p[0] != STORE_VERSION)
			return newer(w);
		r->s->identity_pos = pos;
		buf_reset(&r->s->identity);
		buf_add(&r->s->identity, payload);
	}
	return FAIL_NONE;
}

void redo_rot(void *context, struct log_pos pos, const char *what)
{
	struct redo *r = context;

	r->s->rot++;
	store_report(
		r->s, "rot in the log: segment %u, offset %u: %s", (unsigned)pos.segment, (unsigned)pos.offset, what);
}

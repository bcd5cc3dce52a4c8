/* The bytes of a batch: what is written reads back; and bytes that once were written must read the same for ever (golden). */
#include "store/try.h"

#include "base/ascii_code.h"
#include "store/device_inner.h"
#include "store/inside.h"

static const struct uid_run runs[] = {{1, 1, 9}, {3, 5, 20}, {4000000000u, 294967295u, 77}};

static struct op sample(enum op_kind kind)
{
	return (struct op){
		.kind = kind,
		.mailbox = 300,
		.other = 5,
		.set = 0x100000000000001,
		.clear = UINT64_MAX,
		.uid = 77,
		.recent = 70,
		.last = 99,
		.time = 1700000002,
		.modseq = 1234567,
		.uidvalidity = 1700000000,
		.use = USE_JUNK,
		.bit = 63,
		.on = true,
		.text = SPAN("text"),
		.row = {.flags = 1ull << 63 | 3,
			.id = 1ull << 52,
			.internal_date = -7,
			.body = {3, 4096},
			.prefix_pos = {2, 88},
			.uid = 12,
			.size = 5000,
			.save_date = 1700000001,
			.zone = -330,
			.prefix = 40},
		.map = SPAN("\x08\x3f"),
		.runs = runs,
		.run_count = ARRAY_LEN(runs),
	};
}

static struct op device_sample(enum op_kind kind)
{
	struct op op = sample(kind);

	op.bit = kind == OP_DEVICE_MARKS ? DEVICE_MARK_DELETED : DEVICE_AFTER;
	return op;
}

static void check_device_op(const struct op *in, const struct op *out)
{
	if (in->kind == OP_DEVICE_MARKS || in->kind == OP_DEVICE_POLICY)
		assert_int_equal(out->bit, in->bit);
	if (in->kind == OP_DEVICE_POLICY)
		assert_true(out->on);
	if (in->kind != OP_DEVICE_FORGET)
		assert_int_equal(out->time, in->time);
}

static void check_runs(const struct op *op)
{
	struct span in = op->encoded_runs;
	struct uid_run run;

	for (size_t i = 0; i < ARRAY_LEN(runs); i++) {
		assert_true(op_run_take(op, &in, &run));
		assert_int_equal(run.first, runs[i].first);
		assert_int_equal(run.count, runs[i].count);
		assert_int_equal(run.to, op_carries(op->kind) ? runs[i].to : 0);
	}
	assert_false(op_run_take(op, &in, &run));
}

static void ops_read_back(void **state)
{
	(void)state;
	for (int kind = OP_ACCOUNT; kind <= OP_DEVICE_FORGET; kind++) {
		struct op in = (kind >= OP_DEVICE ? device_sample : sample)((enum op_kind)kind), out;
		struct span bytes;
		struct buf b;

		if (!op_known((unsigned)kind))
			continue;
		buf_init(&b, 10000);
		op_encode(&in, &b);
		bytes = buf_span(&b);
		assert_int_equal(op_decode(&bytes, &out), FAIL_NONE);
		assert_int_equal(bytes.n, 0);
		assert_int_equal(out.kind, kind);
		assert_true(out.mailbox == 300);
		if (kind == OP_COPY)
			assert_true(out.row.id == 1ull << 52 && out.other == 5);
		if (op_ranges(out.kind) || op_carries(out.kind) || kind == OP_DEVICE_MARKS)
			check_runs(&out);
		if (kind == OP_FLAGS)
			assert_true(out.set == in.set && out.clear == in.clear);
		if (kind == OP_MESSAGE)
			assert_memory_equal(&out.row, &in.row, sizeof(struct row));
		if (kind == OP_STATE)
			assert_true(out.uid == 77 && out.recent == 70 && out.modseq == 1234567);
		if (kind == OP_VANISHED)
			assert_true(out.uid == 77 && out.last == 99 && out.modseq == 1234567);
		if (kind == OP_ROW)
			assert_memory_equal(&out.row, &in.row, sizeof(struct row));
		if (kind == OP_UNDELETE || kind == OP_PURGE || kind == OP_RELOCATE_KEPT || kind == OP_KEPT)
			assert_true(out.modseq == 1234567 && out.other == 5);
		if (kind == OP_UNDELETE)
			assert_true(out.uid == 77 && out.set == in.set);
		if (kind == OP_KEPT)
			assert_true(out.time == 1700000002 && !memcmp(&out.row, &in.row, sizeof(struct row)));
		if (kind == OP_DELETE_KEEP || kind == OP_MERGE_VANISHED)
			assert_true(out.modseq == 1234567);
		if (kind == OP_UIDVALIDITY)
			assert_true(out.uidvalidity == 1700000000);
		if (kind >= OP_DEVICE)
			check_device_op(&in, &out);
		if (out.text.n)
			assert_true(span_eq(out.text, in.text));
		for (size_t n = 0; n < b.n; n++) { /* a cut op is no op */
			bytes = span(b.p, n);
			assert_int_equal(op_decode(&bytes, &out), FAIL_CORRUPT);
		}
		buf_fini(&b);
	}
}

static void bad_ops_are_refused(void **state)
{
	static const char *const bad[] = {
		"00",
		"0900",
		"090101"
		"0001",
		"0901010100",
		"09010205010501", /* runs: uid 0, count 0, descending */
		"0601"
		"07"
		"0161",             /* keyword bit 7 */
		"0b01020107000102", /* half a pair in the map */
		"1e000100"
		"01", /* a NUL in a device's name */
		"1f0001610301000101",
		"1f00016100010001", /* no such marks */
		"2000016102010a",
		"200001610104" /* no such policy */
		"0a",
	};
	struct op op;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct buf b;
		struct span in;

		buf_init(&b, 100);
		assert_int_equal(hex_decode(span_of(bad[i]), &b), FAIL_NONE);
		in = buf_span(&b);
		assert_int_equal(op_decode(&in, &op), FAIL_CORRUPT);
		buf_fini(&b);
	}
	{
		struct span in = SPAN("\x7f\x01");

		assert_int_equal(op_decode(&in, &op), FAIL_CONFIG); /* of a newer version */
	}
}

/* Written by version 1. Never change these bytes. */
static void old_records_read_for_ever(void **state)
{
	static const char golden[] = "01"
				     "07"
				     "03"
				     "81e2cfaa06" /* version, account 7, sequence 3, time */
				     "07"
				     "01"
				     "02"
				     "8080c0d1e2a6d603"
				     "01"
				     "2e"
				     "d00f"
				     "78"
				     "81e2cfaa06"
				     "01"
				     "8008"
				     "00"
				     "00" /* a message */
				     "0a"
				     "01"
				     "02"; /* recent */
	struct batch_head head;
	struct span in;
	struct op op;
	struct buf b;

	(void)state;
	buf_init(&b, 1000);
	assert_int_equal(hex_decode(span_of(golden), &b), FAIL_NONE);
	in = buf_span(&b);
	assert_int_equal(batch_head_decode(&in, &head), FAIL_NONE);
	assert_int_equal(head.account, 7);
	assert_int_equal(head.sequence, 3);
	assert_int_equal(op_decode(&in, &op), FAIL_NONE);
	assert_int_equal(op.kind, OP_MESSAGE);
	assert_int_equal(op.row.uid, 2);
	assert_int_equal(op.row.size, 46);
	assert_int_equal(op.row.internal_date, 1000);
	assert_int_equal(op.row.zone, 60);
	assert_int_equal(op.row.body.segment, 1);
	assert_int_equal(op.row.body.offset, 1024);
	assert_int_equal(op_decode(&in, &op), FAIL_NONE);
	assert_int_equal(op.kind, OP_RECENT);
	assert_int_equal(op.uid, 2);
	assert_int_equal(in.n, 0);
	buf_fini(&b);
}

static void runs_are_sorted_and_merged(void **state)
{
	struct uid_run r[] = {{10, 5, 0}, {1, 2, 0}, {3, 1, 0}, {12, 10, 0}, {30, 1, 0}, {11, 1, 0}};

	(void)state;
	assert_int_equal(runs_normal(r, ARRAY_LEN(r)), 3);
	assert_int_equal(r[0].first, 1);
	assert_int_equal(r[0].count, 3);
	assert_int_equal(r[1].first, 10);
	assert_int_equal(r[1].count, 12);
	assert_int_equal(r[2].first, 30);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ops_read_back),
		cmocka_unit_test(bad_ops_are_refused),
		cmocka_unit_test(old_records_read_for_ever),
		cmocka_unit_test(runs_are_sorted_and_merged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

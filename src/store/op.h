/* The ops of a batch, as they are staged, as they stand in the log (doc/STORE-FORMAT.md, "Batch"), and as they are applied. */
#ifndef STORE_OP_H
#define STORE_OP_H

#include "base/buf.h"
#include "store/row.h"

enum { BATCH_VERSION = 1, PREFIX_MAX = 65535, UIDL_MAX = 70 };

enum op_kind {
	OP_ACCOUNT = 1,   /* other: the first message id */
	OP_CREATE = 2,    /* mailbox, uidvalidity, use, text: name */
	OP_DELETE = 3,    /* mailbox */
	OP_RENAME = 4,    /* mailbox, text: new name */
	OP_SUBSCRIBE = 5, /* on, text: name */
	OP_KEYWORD = 6,   /* mailbox, bit, text: name */
	OP_MESSAGE = 7,   /* mailbox, row, text: uidl or empty */
	OP_FLAGS = 8,     /* mailbox, runs: flags = (flags & ~clear) | set */
	OP_EXPUNGE = 9,   /* mailbox, runs */
	OP_RECENT = 10,   /* mailbox, uid */
	OP_MOVE = 11,     /* mailbox (from), other (to), runs with places, map of keyword bits */
	OP_RELOCATE = 12, /* mailbox, uid, row.body, row.prefix_pos: the bytes stand elsewhere now */
	/* In snapshots only. */
	OP_STATE = 13,    /* mailbox, uid: the next one, recent, modseq */
	OP_ROW = 14,      /* mailbox, modseq, row, text: uidl */
	OP_VANISHED = 15, /* mailbox, uid, last, modseq */
	/* What is expunged and kept for a while (kept.h). A kept row's place is modseq (of the batch that kept it) and other (message id). */
	OP_EXPUNGE_KEEP = 16, /* mailbox, runs */
	OP_DELETE_KEEP = 17,  /* mailbox; modseq: in snapshots, of the batch that deleted it; else 0 */
	OP_UNDELETE = 18, /* mailbox (to), place, uid: the new one, set: its flags there. In one batch places ascend */
	OP_PURGE = 19,    /* place: all up to it are gone for good. The only op on kept rows in its batch */
	OP_RELOCATE_KEPT = 20, /* place, row.body, row.prefix_pos */
	OP_KEPT = 21,          /* in snapshots only: mailbox, place, time, row, text: uidl */
	OP_UIDVALIDITY = 22,   /* mailbox, uidvalidity: a higher one */
	OP_GONE = 23,          /* the account is gone for good, with all that it had */
	/* 24 to 27 are kept for giving back space. */
	OP_COPY = 28, /* mailbox (from), other (to), runs with places, map of keyword bits, row.id: of the first copy */
	OP_MERGE_VANISHED =
		29, /* mailbox, modseq: its vanished uids up to that are one set, with the highest modseq among them */
	/* Devices of POP3 (device.h), by name in text. */
	OP_DEVICE = 30,        /* text, time: it was seen then */
	OP_DEVICE_MARKS = 31,  /* text, bit: enum device_mark, time, runs: their mark is this; 0: they have none */
	OP_DEVICE_POLICY = 32, /* on: of the device `text`, else of the account; bit: enum device_keep, time: seconds */
	OP_DEVICE_FORGET = 33, /* text */
};
bool op_known(unsigned kind);
/* Stands in snapshots, never in a batch. */
bool op_carries(enum op_kind kind); /* its runs have places in another mailbox */
bool op_of_snapshots(enum op_kind kind);
bool op_ranges(enum op_kind kind); /* its runs ascend */

struct uid_run {
	uint32_t first, count;
	uint32_t to; /* op_carries: the uid that the first gets */
};
struct op {
	enum op_kind kind;
	uint64_t mailbox, other;
	uint64_t set, clear;
	uint32_t uid, uidvalidity;
	uint32_t recent, last, time;
	uint64_t modseq;
	uint8_t use, bit;
	bool on;
	struct span text;
	struct row row;
	struct span map;            /* pairs of bits: from, to */
	const struct uid_run *runs; /* when encoding */
	size_t run_count;
	struct span encoded_runs; /* when decoded: op_run_take */
};
struct batch_head {
	uint64_t account, sequence;
	uint32_t time; /* of the commit: save date of what it brings in */
};
void batch_head_encode(const struct batch_head *h, struct buf *out);
void op_encode(const struct op *op, struct buf *out);
/* Cuts the head, then one op after the other, off `in`. FAIL_CORRUPT; FAIL_CONFIG for a newer version or an unknown op. */
FAILS batch_head_decode(struct span *in, struct batch_head *out);
FAILS op_decode(struct span *in, struct op *out);
/* The runs of a decoded op, checked by op_decode already. */
bool op_run_take(const struct op *op, struct span *runs, struct uid_run *out);
/* Sorts and merges runs (no places); returns how many are left. */
size_t runs_normal(struct uid_run *runs, size_t n);

#endif

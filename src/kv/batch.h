/* What a batch holds, for the engines. */
#ifndef KV_BATCH_H
#define KV_BATCH_H

#include "kv/kv.h"

enum kv_what { KV_PUT, KV_DELETE, KV_DELETE_RANGE };

struct kv_op {
	enum kv_what what;
	struct span key, value; /* of the batch; a range: from, to */
};

/* Cuts the next operation off; false at the end. */
bool kv_op_next(struct span *ops, struct kv_op *out);
/* FAIL_TOO_BIG past KV_KEY_MAX, KV_VALUE_MAX or the batch's cap: before anything of it is applied. */
FAILS kv_batch_check(const struct kv_batch *b, struct why *w);

#endif

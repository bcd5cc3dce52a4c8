/* Any bytes as a batch: reading never goes wrong, and an op that was read, written again reads the same. */
#include "base/memory.h"
#include "store/inside.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The runs of a decoded op as an array, so that it can be encoded. */
static struct uid_run *runs_of(struct op *op)
{
	struct uid_run *runs = memory_resize_array(NULL, op->run_count + 1, sizeof(*runs));
	struct span in = op->encoded_runs;
	size_t n = 0;

	while (n < op->run_count && op_run_take(op, &in, &runs[n]))
		n++;
	if (n != op->run_count || in.n)
		abort();
	op->runs = runs;
	return runs;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span in = span(data, size);
	struct batch_head head;
	struct op op, again;

	if (batch_head_decode(&in, &head))
		return 0;
	while (in.n && !op_decode(&in, &op)) {
		struct uid_run *runs = runs_of(&op);
		struct span bytes;
		struct buf one, two;

		buf_init(&one, 1 << 24);
		buf_init(&two, 1 << 24);
		op_encode(&op, &one);
		bytes = buf_span(&one);
		if (op_decode(&bytes, &again) || bytes.n)
			abort();
		free(runs);
		runs = runs_of(&again);
		op_encode(&again, &two);
		if (!span_eq(buf_span(&one), buf_span(&two)))
			abort();
		free(runs);
		buf_fini(&one);
		buf_fini(&two);
	}
	return 0;
}

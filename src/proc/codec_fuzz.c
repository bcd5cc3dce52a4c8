/* Properties of the codec: what is decoded is encoded to the very same bytes (there is one form only), or it is refused. */
#include <stdlib.h>

#include "proc/codec.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct msg m, again;
	struct buf b;

	if (msg_decode(span(data, size), &m))
		return 0;
	buf_init(&b, MSG_MAX);
	if (msg_encode(&m, &b) || msg_decode(buf_span(&b), &again) || again.kind != m.kind)
		abort();
	if (!span_eq(buf_span(&b), span(data, size)))
		abort();
	buf_fini(&b);
	return 0;
}

/* DEFLATE of a client: the same plain text however it is cut, in bounded pieces; and what is compressed here is the same again there. */
#include "imap/verb/compression.h"

#include <stdlib.h>

enum { PLAIN_MAX = 8 << 20 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void hold(bool property)
{
	if (!property)
		abort();
}

/* What comes of it until it fails or PLAIN_MAX is near. */
static enum fail inflated(struct span in, size_t step, struct buf *out)
{
	struct compression *z = compression_new();
	enum fail f = FAIL_NONE;

	while (in.n && !f && out->n < PLAIN_MAX - 2 * COMPRESSION_PIECE) {
		struct span piece = span_first(in, step);
		size_t given = piece.n, before = out->n;

		f = compression_take(z, &piece, out);
		hold(piece.n <= given && out->n - before <= COMPRESSION_PIECE);
		hold(f || piece.n < given || out->n > before);
		in = span_skip(in, given - piece.n);
		if (step == 1)
			compression_rest(z);
	}
	compression_free(z);
	return f;
}

static void round_trip(struct span plain)
{
	struct compression *z = compression_new();
	struct buf packed, again;

	buf_init(&packed, plain.n * 2 + 4 * COMPRESSION_PIECE);
	buf_init(&again, PLAIN_MAX);
	for (struct span left = plain; left.n;) {
		struct span piece = span_first(left, COMPRESSION_PIECE);

		compression_put(z, piece, &packed);
		left = span_skip(left, piece.n);
	}
	compression_flush(z, &packed);
	hold(inflated(buf_span(&packed), packed.n, &again) == FAIL_NONE && span_eq(buf_span(&again), plain));
	buf_fini(&packed);
	buf_fini(&again);
	compression_free(z);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf whole, pieces;
	enum fail f, g;

	buf_init(&whole, PLAIN_MAX);
	buf_init(&pieces, PLAIN_MAX);
	f = inflated(span(data, size), size ? size : 1, &whole);
	g = inflated(span(data, size), 1, &pieces);
	hold(f == g || whole.n >= PLAIN_MAX / 2);
	hold(span_starts(buf_span(&whole), buf_span(&pieces)) || span_starts(buf_span(&pieces), buf_span(&whole)));
	buf_fini(&whole);
	buf_fini(&pieces);
	if (size < PLAIN_MAX / 2)
		round_trip(span(data, size));
	return 0;
}

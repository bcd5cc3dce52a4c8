/* Compression: what goes in comes out, however it is cut, put to rest and woken. */
#include "base/test.h"

#include <zlib.h>

#include "imap/verb/compression.h"

enum { PLAIN = 200000 };

static void fill(char *plain, size_t n)
{
	unsigned x = 1;

	for (size_t i = 0; i < n; i++) {
		x = x * 1103515245u + 12345u;
		plain[i] = x >> 30 ? "abcdefgh \r\n"[(x >> 16) % 10] : (char)(x >> 16);
	}
}

/* Ours compresses, and rests between pieces; ours reads it in other pieces, and rests between those. */
static void round_trip(void **state)
{
	static char plain[PLAIN];

	(void)state;
	fill(plain, sizeof(plain));
	for (size_t piece = 1; piece < 20000; piece = piece * 3 + 1) {
		struct compression *a = compression_new(), *b = compression_new();
		struct buf wire, back;
		struct span left = span(plain, piece == 1 ? 2000 : sizeof(plain)), in;
		size_t whole = left.n;

		buf_init(&wire, 4 << 20);
		buf_init(&back, 4 << 20);
		while (left.n) {
			struct span some = span_first(left, piece < COMPRESSION_PIECE ? piece : COMPRESSION_PIECE);

			compression_put(a, some, &wire);
			assert_true(compression_holds(a));
			left = span_skip(left, some.n);
			if (left.n % 3 == 0)
				compression_flush(a, &wire);
			compression_rest(a);
		}
		compression_flush(a, &wire);
		assert_false(compression_holds(a));
		in = buf_span(&wire);
		while (in.n) {
			struct span some = span_first(in, piece);
			size_t n = some.n;

			while (some.n)
				assert_int_equal(compression_take(b, &some, &back), FAIL_NONE);
			in = span_skip(in, n);
			compression_rest(b);
		}
		for (size_t before = SIZE_MAX; before != back.n;) { /* what did not fit into the last piece */
			before = back.n;
			assert_int_equal(compression_take(b, &in, &back), FAIL_NONE);
		}
		assert_int_equal(back.n, whole);
		assert_memory_equal(back.p, plain, whole);
		compression_free(a);
		compression_free(b);
		buf_fini(&wire);
		buf_fini(&back);
	}
}

/* A client that flushes as most do refers to what it sent long before: it must have been kept. */
static void client_refers_back(void **state)
{
	struct compression *z = compression_new();
	z_stream client = {0};
	char bytes[1000];
	struct buf back;

	(void)state;
	buf_init(&back, 1 << 20);
	assert_int_equal(deflateInit2(&client, 9, Z_DEFLATED, -15, 9, Z_DEFAULT_STRATEGY), Z_OK);
	for (int i = 0; i < 50; i++) {
		char line[] = "a0 UID FETCH 1:* (UID FLAGS INTERNALDATE RFC822.SIZE)\r\n";
		struct span in;

		client.next_in = (Bytef *)line;
		client.avail_in = sizeof(line) - 1;
		client.next_out = (Bytef *)bytes;
		client.avail_out = sizeof(bytes);
		assert_int_equal(deflate(&client, Z_SYNC_FLUSH), Z_OK);
		in = span(bytes, sizeof(bytes) - client.avail_out);
		if (i > 0)
			assert_in_range(in.n, 1, 30); /* so it does refer back */
		while (in.n)
			assert_int_equal(compression_take(z, &in, &back), FAIL_NONE);
		assert_true(span_eq(buf_span(&back), span_of(line)));
		buf_reset(&back);
		compression_rest(z);
	}
	deflateEnd(&client);
	compression_free(z);
	buf_fini(&back);
}

static void nonsense(void **state)
{
	struct compression *z = compression_new();
	struct span in = SPAN("a NOOP\r\na NOOP\r\n");
	struct buf out;
	enum fail f = FAIL_NONE;

	(void)state;
	buf_init(&out, 1 << 20);
	while (!f && in.n)
		f = compression_take(z, &in, &out);
	assert_int_equal(f, FAIL_SYNTAX);
	compression_free(z);
	buf_fini(&out);
}

/* The end of the client's stream is the end, also when there was a rest before what follows it. */
static void end_of_the_stream(void **state)
{
	struct compression *z = compression_new();
	/* two streams of one stored block: it ends where an octet does */
	struct span in = SPAN("\x01\x08\x00\xf7\xff"
			      "a NOOP\r\n"
			      "\x01\x08\x00\xf7\xff"
			      "b NOOP\r\n");
	struct buf out;
	enum fail f = FAIL_NONE;

	(void)state;
	buf_init(&out, 1 << 20);
	while (in.n && !f) {
		struct span octet = span_first(in, 1);

		f = compression_take(z, &octet, &out);
		in = span_skip(in, 1 - octet.n);
		compression_rest(z);
	}
	assert_int_equal(f, FAIL_SYNTAX);
	assert_true(span_eq(buf_span(&out), SPAN("a NOOP\r\n")));
	compression_free(z);
	buf_fini(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(round_trip),
		cmocka_unit_test(client_refers_back),
		cmocka_unit_test(nonsense),
		cmocka_unit_test(end_of_the_stream),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

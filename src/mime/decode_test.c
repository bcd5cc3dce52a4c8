/* Transfer encodings and charsets, whole and cut anywhere. */
#include "base/test.h"

#include "mime/decode.h"

static void decode_pieces(
	struct span encoding, struct span charset, bool to_utf8, struct span in, size_t piece, struct buf *out)
{
	struct mime_decoder *d = mime_decoder_new(encoding, charset, to_utf8);

	while (in.n) {
		mime_decoder_feed(d, span_first(in, piece), out);
		in = span_skip(in, piece);
	}
	mime_decoder_end(d, out);
	mime_decoder_free(d);
}

static void assert_decoded(struct span encoding, struct span charset, struct span in, struct span want)
{
	for (size_t piece = 1; piece < 20; piece++) {
		struct buf out;

		buf_init(&out, 1 << 20);
		decode_pieces(encoding, charset, charset.p != NULL, in, piece == 19 ? SIZE_MAX : piece, &out);
		if (!span_eq(buf_span(&out), want)) {
			print_error("pieces of %zu: got:  %.*s\nwant: %.*s\n", piece, SPAN_ARG(buf_span(&out)),
				SPAN_ARG(want));
			fail_msg("not expected");
		}
		buf_fini(&out);
	}
}

static const struct span octets = {NULL, 0};

static void base64_is_tolerant(void **state)
{
	struct span b = SPAN("BASE64");

	(void)state;
	assert_decoded(b, octets, SPAN("aGVs\r\nbG8="), SPAN("hello"));
	assert_decoded(b, octets, SPAN("aGVsbG8"), SPAN("hello"));
	assert_decoded(b, octets, SPAN("a G*V!s\tbG8=\r\n\r\n"), SPAN("hello"));
	assert_decoded(b, octets, SPAN("aA==aQ==aGVs"), SPAN("hihel"));
	assert_decoded(b, octets, SPAN("AP8A"), SPAN("\0\xff\0"));
	assert_decoded(b, octets, SPAN("a"), SPAN(""));
	assert_decoded(b, octets, SPAN("===="), SPAN(""));
}

static void quoted_printable_is_tolerant(void **state)
{
	struct span q = SPAN("quoted-printable");

	(void)state;
	assert_decoded(q, octets, SPAN("a=3Db=\r\nc=0ad=e9"), SPAN("a=bc\nd\xe9"));
	assert_decoded(q, octets, SPAN("soft=  \t\r\nbreak=\nx"), SPAN("softbreakx"));
	assert_decoded(q, octets, SPAN("trailing \t\r\n kept inside  x"), SPAN("trailing\r\n kept inside  x"));
	assert_decoded(q, octets, SPAN("=G1 =4 =x== ==41"), SPAN("=G1 =4 =x== =A"));
	assert_decoded(q, octets, SPAN("end="), SPAN("end"));
	assert_decoded(q, octets, SPAN("end=4"), SPAN("end=4"));
	assert_decoded(q, octets, SPAN("end  "), SPAN("end  "));
}

static void charsets_become_utf8(void **state)
{
	struct span b = SPAN("base64"), q = SPAN("quoted-printable"), none = SPAN("8bit");

	(void)state;
	assert_decoded(q, SPAN("windows-1256"), SPAN("=C7=E1=D3=E1=C7=E3"), SPAN("السلام"));
	assert_decoded(none, SPAN("iso-8859-6"), SPAN("\xe5\xd1\xcd\xc8\xc7"), SPAN("مرحبا"));
	assert_decoded(none, SPAN("ISO-8859-8-I"), SPAN("\xf9\xec\xe5\xed"), SPAN("שלום"));
	assert_decoded(none, SPAN("gb18030"), SPAN("\xc4\xe3\xba\xc3\x81\x39\xee\x39"), SPAN("你好㐀"));
	assert_decoded(b, SPAN("Big5"), SPAN("p0Gmbg=="), SPAN("你好"));
	assert_decoded(none, SPAN("Shift_JIS"), SPAN("\x93\xfa\x96\x7b\x87\x40"), SPAN("日本①"));
	assert_decoded(none, SPAN("iso-2022-jp"), SPAN("\x1b$BF|K\\\x1b(B!"), SPAN("日本!"));
	assert_decoded(none, SPAN("euc-kr"), SPAN("\xc7\xd1\xb1\xdb"), SPAN("한글"));
	assert_decoded(none, SPAN("koi8-r"), SPAN("\xf0\xd2\xc9\xd7\xc5\xd4"), SPAN("Привет"));
	assert_decoded(none, SPAN("utf-7"), SPAN("Hi Mom +Jjo-!+2D3eAA-"), SPAN("Hi Mom ☺!😀"));
	assert_decoded(none, SPAN("iso-8859-1"), SPAN("\x93q\x94 \xe9"), SPAN("“q” é"));
	assert_decoded(none, SPAN("utf-16"), SPAN("\xfe\xff\x06\x45"), SPAN("م"));
}

static void japanese_as_mailers_write_it(void **state)
{
	struct span none = SPAN("7bit"), jp = SPAN("ISO-2022-JP");

	(void)state;
	assert_decoded(none, jp, SPAN("a\x1b(I\x36\x45\x1b(B."), SPAN("aｶﾅ."));
	assert_decoded(none, jp, SPAN("\x1b$B-!-j\x1b(J!"), SPAN("①㈱!"));
	assert_decoded(none, jp, SPAN("\x1b$(D\"/\x1b$@F|K\\"), SPAN("˘日本"));
	assert_decoded(none, jp, SPAN("\x1b$BF|\nabc \x1b)x \x1b"), SPAN("日\nabc \x1b)x \x1b"));
	assert_decoded(none, jp, SPAN("\x1b$BF"), SPAN("\xef\xbf\xbd"));
}

static void broken_text_never_fails(void **state)
{
	struct span none = SPAN("7bit");

	(void)state;
	assert_decoded(none, SPAN("utf-8"), SPAN("a\xe9 \xf0\x9f\x98 \xed\xa0\x80 م"),
		SPAN("a\xef\xbf\xbd \xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd \xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd م"));
	assert_decoded(none, SPAN("no-such"), SPAN("caf\xe9 م \xd9"), SPAN("café م Ù"));
	assert_decoded(none, SPAN("../../x"), SPAN("a"), SPAN("a"));
	assert_decoded(none, SPAN("us-ascii"), SPAN("م"), SPAN("م"));
	assert_decoded(none, SPAN("shift_jis"), SPAN("a\x93"), SPAN("a\xef\xbf\xbd"));
	assert_decoded(none, SPAN("euc-jp"),
		SPAN("\xff"
		     "a"),
		SPAN("\xef\xbf\xbd"
		     "a"));
}

static void every_charset_is_there(void **state)
{
	(void)state;
	assert_int_equal(mime_charsets_preload(), 0);
}

static void output_is_cut(void **state)
{
	struct buf out;

	(void)state;
	buf_init(&out, 5);
	decode_pieces(SPAN("8bit"), SPAN("utf-8"), true, SPAN("مرحبا"), 3, &out);
	assert_true(out.over);
	assert_true(span_eq(buf_span(&out), SPAN("مر")));
	buf_reset(&out);
	decode_pieces(SPAN("base64"), octets, false, SPAN("aGVsbG8gd29ybGQ="), SIZE_MAX, &out);
	assert_true(out.over);
	assert_true(span_eq(buf_span(&out), SPAN("hello")));
	buf_fini(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(base64_is_tolerant),
		cmocka_unit_test(quoted_printable_is_tolerant),
		cmocka_unit_test(charsets_become_utf8),
		cmocka_unit_test(japanese_as_mailers_write_it),
		cmocka_unit_test(broken_text_never_fails),
		cmocka_unit_test(every_charset_is_there),
		cmocka_unit_test(output_is_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

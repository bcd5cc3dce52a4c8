/* Tests of the base room: what every parser and every format on disk leans on. */
#include "base/test.h"

#include "base/arena.h"
#include "base/ascii_code.h"
#include "base/buf.h"
#include "base/utf8.h"
#include "base/why.h"

static void numbers_are_checked(void **state)
{
	uint32_t v32 = 7;
	uint64_t v64;
	struct span s = SPAN("4294967295x");

	(void)state;
	assert_true(span_take_u32(&s, &v32));
	assert_int_equal(v32, UINT32_MAX);
	assert_true(span_eq(s, SPAN("x")));
	assert_false(span_u32(SPAN("4294967296"), &v32));
	assert_int_equal(v32, UINT32_MAX);
	assert_true(span_u64(SPAN("18446744073709551615"), &v64));
	assert_false(span_u64(SPAN("18446744073709551616"), &v64));
	assert_false(span_u64(SPAN(""), &v64));
	assert_false(span_u64(SPAN("+1"), &v64));
	assert_false(span_u64(SPAN("1 "), &v64));
}

static void spans_are_cut(void **state)
{
	struct span s = SPAN("a b=c"), word;

	(void)state;
	assert_true(span_take_word(&s, &word));
	assert_true(span_eq(word, SPAN("a")));
	assert_false(span_take_until(&s, ';', &word));
	assert_true(span_take_until(&s, '=', &word));
	assert_true(span_eq(word, SPAN(" b")));
	assert_true(span_eq(s, SPAN("c")));
	assert_true(span_take_nocase(&s, SPAN("C")));
	assert_int_equal(s.n, 0);
	assert_true(span_eq(span_trim(SPAN("\t x y\r\n")), SPAN("x y")));
	assert_int_equal(span_find(SPAN("banana"), SPAN("nan")), 2);
	assert_true(span_find(SPAN("banana"), SPAN("nab")) == SIZE_MAX);
}

static void a_buffer_keeps_its_cap(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 4);
	assert_int_equal(buf_add_lit(&b, "abc"), FAIL_NONE);
	assert_int_equal(buf_add_lit(&b, "de"), FAIL_TOO_BIG);
	assert_true(b.over);
	assert_int_equal(b.n, 3);
	buf_reset(&b);
	assert_false(b.over);
	assert_int_equal(buf_add_lit(&b, "defg"), FAIL_NONE);
	buf_consume(&b, 1);
	assert_true(span_eq(buf_span(&b), SPAN("efg")));
	buf_fini(&b);
}

static void numbers_are_printed(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 100);
	assert_int_equal(buf_add_number(&b, 0), FAIL_NONE);
	assert_int_equal(buf_add_number(&b, UINT64_MAX), FAIL_NONE);
	assert_true(span_eq(buf_span(&b), SPAN("018446744073709551615")));
	buf_reset(&b);
	assert_int_equal(buf_add_hex(&b, 0), FAIL_NONE);
	assert_int_equal(buf_add_hex(&b, 0xfedcba9876543210), FAIL_NONE);
	assert_true(span_eq(buf_span(&b), SPAN("0fedcba9876543210")));
	buf_fini(&b);
}

/* What is printed fits the room that there is, just does not, or does not fit at all. */
static void formatted_text_fits_or_is_refused(void **state)
{
	(void)state;
	for (size_t before = 0; before < 80; before++) {
		struct buf b;

		buf_init(&b, 70);
		for (size_t i = 0; i < before && i < 70; i++)
			assert_int_equal(buf_add_byte(&b, 'x'), FAIL_NONE);
		if (before + 5 < 70) {
			assert_int_equal(buf_addf(&b, "%d-%s", 12, "ab"), FAIL_NONE);
			assert_true(span_ends(buf_span(&b), SPAN("12-ab")));
			assert_int_equal(b.n, before + 5);
		} else {
			assert_int_equal(buf_addf(&b, "%d-%s", 12, "ab"), FAIL_TOO_BIG);
			assert_true(b.over);
			assert_int_equal(b.n, before < 70 ? before : 70);
		}
		buf_fini(&b);
	}
}

static void varints_return(void **state)
{
	static const uint64_t values[] = {0, 1, 127, 128, 300, UINT32_MAX, UINT64_MAX};
	struct buf b;
	struct span s;
	uint64_t v;

	(void)state;
	buf_init(&b, 200);
	for (size_t i = 0; i < ARRAY_LEN(values); i++)
		assert_int_equal(buf_add_varint(&b, values[i]), FAIL_NONE);
	s = buf_span(&b);
	for (size_t i = 0; i < ARRAY_LEN(values); i++) {
		assert_true(span_take_varint(&s, &v));
		assert_true(v == values[i]);
	}
	s = SPAN("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02");
	assert_false(span_take_varint(&s, &v));
	s = SPAN("\x05only");
	assert_false(span_take_counted(&s, &s));
	assert_int_equal(s.n, 5);
	buf_fini(&b);
}

static void base64_is_strict(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 100);
	assert_int_equal(base64_encode(span("\0a\xff", 3), &b), FAIL_NONE);
	assert_true(span_eq(buf_span(&b), SPAN("AGH/")));
	buf_reset(&b);
	assert_int_equal(base64_decode(SPAN("YQ=="), &b), FAIL_NONE);
	assert_true(span_eq(buf_span(&b), SPAN("a")));
	assert_int_equal(base64_decode(SPAN("YQ"), &b), FAIL_SYNTAX);
	assert_int_equal(base64_decode(SPAN("YR=="), &b), FAIL_SYNTAX);
	assert_int_equal(base64_decode(SPAN("YQ==YQ=="), &b), FAIL_SYNTAX);
	assert_int_equal(base64_decode(SPAN("Y!=="), &b), FAIL_SYNTAX);
	assert_int_equal(b.n, 1);
	buf_fini(&b);
}

static void utf8_is_strict(void **state)
{
	struct buf b;

	(void)state;
	assert_true(utf8_valid(SPAN("بريد 邮件 \xf0\x9f\x93\xac")));
	assert_false(utf8_valid(SPAN("\xc0\xaf")));
	assert_false(utf8_valid(SPAN("\xed\xa0\x80")));
	assert_false(utf8_valid(SPAN("\xf4\x90\x80\x80")));
	assert_false(utf8_valid(SPAN("\xe2\x82")));
	buf_init(&b, 20);
	utf8_add(&b, 0x628);
	utf8_add(&b, 0xd800);
	utf8_add(&b, 0x1f4ec);
	assert_true(span_eq(buf_span(&b), SPAN("\xd8\xa8\xef\xbf\xbd\xf0\x9f\x93\xac")));
	buf_fini(&b);
}

static void an_arena_has_a_budget(void **state)
{
	struct arena a;
	struct span copy;

	(void)state;
	arena_init(&a, 4000);
	copy = arena_dup(&a, SPAN("bytes"));
	assert_true(span_eq(copy, SPAN("bytes")));
	assert_non_null(arena_alloc(&a, 3000));
	assert_null(arena_alloc(&a, 3000));
	arena_reset(&a);
	assert_non_null(arena_alloc(&a, 3000));
	assert_null(arena_alloc(&a, SIZE_MAX));
	arena_fini(&a);
}

static void a_reason_cannot_forge_a_line(void **state)
{
	struct why w;

	(void)state;
	assert_int_equal(why(&w, FAIL_SYNTAX, "no '%s'", "a\r\nb OK"), FAIL_SYNTAX);
	assert_string_equal(w.text, "no 'a??b OK'");
	assert_int_equal(why(NULL, FAIL_IO, "nobody listens"), FAIL_IO);
	assert_string_equal(fail_row(FAIL_QUOTA)->imap_code, "OVERQUOTA");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_are_checked),
		cmocka_unit_test(spans_are_cut),
		cmocka_unit_test(a_buffer_keeps_its_cap),
		cmocka_unit_test(numbers_are_printed),
		cmocka_unit_test(formatted_text_fits_or_is_refused),
		cmocka_unit_test(varints_return),
		cmocka_unit_test(base64_is_strict),
		cmocka_unit_test(utf8_is_strict),
		cmocka_unit_test(an_arena_has_a_budget),
		cmocka_unit_test(a_reason_cannot_forge_a_line),
	};

	return cmocka_run_group_tests_name("base", tests, NULL, NULL);
}

#include "base/test.h"

#include <utf8proc.h>

#include "base/utf8.h"
#include "imap/verb/search_text.h"

static bool finds(const char *text, const char *needle)
{
	struct buf t, n;
	bool found;

	buf_init(&t, 4096);
	buf_init(&n, 4096);
	search_fold(span_of(text), &t);
	search_fold(span_of(needle), &n);
	found = search_finds(buf_span(&t), buf_span(&n));
	buf_fini(&t);
	buf_fini(&n);
	return found;
}

static void test_finds(void **state)
{
	static const struct {
		const char *text, *needle;
		bool found;
	} rows[] = {
		{"Hello World", "LO wO", true},
		{"Hello World", "low", false},
		{"anything", "", true},
		{"", "", true},
		{"", "a", false},
		{"Straße", "STRASSE", true},
		{"ΣΊΣΥΦΟΣ", "σίσυφος", true},
		{"caf\u00e9", "CAFE\u0301", true},
		{"cafe\u0301", "caf\u00c9", true},
		{"İstanbul", "i\u0307stanbul", true},
		/* Arabic: the marks count as they stand */
		{"وصل البريد اليوم", "البريد", true},
		{"وصل البَرِيد اليوم", "البريد", false},
		{"وصل البَرِيد اليوم", "البَرِيد", true},
		{"\u0622ب", "\u0627\u0653ب", true},
		/* Persian ye and kaf are not the Arabic ones */
		{"نامه\u200cهای فارسی", "فارسی", true},
		{"کتاب", "كتاب", false},
		{"نامه\u200cهای", "نامه\u200cها", true},
		/* Chinese has no words and no case */
		{"今天收到一封邮件", "邮件", true},
		{"今天收到一封邮件", "郵件", false},
		{"ПРИВЕТ", "привет", true},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if (finds(rows[i].text, rows[i].needle) != rows[i].found)
			fail_msg("\"%s\" in \"%s\": not %d", rows[i].needle, rows[i].text, rows[i].found);
	}
}

static void test_broken_utf8_is_replaced(void **state)
{
	assert_true(finds("a\xff"
			  "b",
		"a\ufffd"
		"b"));
	assert_true(finds("a\xc3", "a\ufffd"));
	assert_true(finds("\xe2\x82"
			  "x",
		"x"));
}

/* The short ways through the folding give what Unicode says, for every code point and between others. */
static void test_every_code_point(void **state)
{
	struct buf text, folded, want;

	buf_init(&text, 64);
	buf_init(&folded, 1024);
	buf_init(&want, 1024);
	for (uint32_t code = 1; code <= 0x10ffff; code += code < 0x3000 ? 1 : 7) {
		utf8proc_int32_t to[32];
		int boundary = 0;
		utf8proc_ssize_t n = utf8proc_decompose_char(
			(utf8proc_int32_t)code, to, 32, UTF8PROC_CASEFOLD | UTF8PROC_DECOMPOSE, &boundary);

		if (code >= 0xd800 && code <= 0xdfff)
			continue;
		buf_reset(&text);
		buf_reset(&folded);
		buf_reset(&want);
		buf_add_lit(&text, "A[zm@bcdefghi");
		utf8_add(&text, code);
		buf_add_lit(&text, "Z\xd8\xa7");
		buf_add_lit(&want, "a[zm@bcdefghi");
		for (utf8proc_ssize_t i = 0; i < n; i++)
			utf8_add(&want, (uint32_t)to[i]);
		buf_add_lit(&want, "z\xd8\xa7");
		search_fold(buf_span(&text), &folded);
		if (!span_eq(buf_span(&folded), buf_span(&want)))
			fail_msg("U+%04X: %.*s", code, SPAN_ARG(buf_span(&folded)));
	}
	buf_fini(&text);
	buf_fini(&folded);
	buf_fini(&want);
}

/* Fed in pieces of every size, a stream shows each needle just as the whole text does. */
static void test_stream_pieces(void **state)
{
	struct span text = span_of("x É Straße البريد 邮件 \U0001F4EC end");
	static const char *const needles[] = {"e\u0301 strasse", "البريد", "件 \U0001F4EC e", "x", "nd", "nothing"};

	for (size_t piece = 1; piece <= text.n; piece++) {
		for (size_t i = 0; i < ARRAY_LEN(needles); i++) {
			struct search_stream s;
			bool found = false;

			search_stream_init(&s, strlen(needles[i]));
			for (size_t at = 0; at < text.n; at += piece) {
				search_stream_feed(&s, span_first(span_skip(text, at), piece));
				found |= search_finds(buf_span(&s.window), span_of(needles[i]));
				assert_true(s.window.n <= s.keep + 12 * (piece + 4));
			}
			assert_int_equal(found, i < ARRAY_LEN(needles) - 1);
			search_stream_fini(&s);
		}
	}
}

static void test_break_parts_texts(void **state)
{
	struct search_stream s;

	search_stream_init(&s, 4);
	search_stream_feed(&s, (struct span){NULL, 0});
	search_stream_feed(&s, SPAN("ab\xd8"));
	search_stream_break(&s);
	search_stream_feed(&s, SPAN("cd"));
	assert_false(search_finds(buf_span(&s.window), SPAN("abcd")));
	assert_true(search_finds(buf_span(&s.window), SPAN("cd")));
	search_stream_fini(&s);
}

/* Finding in ASCII as it stands is finding in its folded text. */
static void ascii_as_it_stands(void **state)
{
	char text[300], needle[40];
	uint32_t dice = 1;
	size_t found = 0;
	struct buf folded;

	(void)state;
	buf_init(&folded, 1 << 20);
	for (int round = 0; round < 20000; round++) {
		size_t n = (dice = dice * 1103515245u + 12345u) >> 8 & 255, length = dice >> 17 & 15;
		struct span all = span(text, n), wanted = span(needle, length);

		for (size_t i = 0; i < n; i++)
			text[i] = "aAbB@`[{ Zz"[((dice = dice * 1103515245u + 12345u) >> 16) % 11];
		for (size_t i = 0; i < length; i++)
			needle[i] = "aab@`[{ z"[((dice = dice * 1103515245u + 12345u) >> 16) % 9];
		if (round % 2 && n >= length) /* one that is there */
			for (size_t i = 0; i < length; i++)
				needle[i] = ascii_lower(text[n - length - (n - length) / 3 + i]);
		buf_reset(&folded);
		search_fold(all, &folded);
		assert_true(search_is_ascii(all));
		assert_true(search_finds_ascii(all, wanted) == search_finds(buf_span(&folded), wanted));
		found += search_finds_ascii(all, wanted);
	}
	assert_in_range(found, 5000, 19000);
	for (size_t i = 0; i < sizeof(text); i++) {
		memset(text, 'a', sizeof(text));
		text[i] = (char)0xc3;
		assert_false(search_is_ascii(span(text, sizeof(text))));
	}
	/* made to be slow: each place looks like it nearly */
	buf_reset(&folded);
	for (size_t i = 0; i < (1 << 20) - 1; i++)
		buf_add_byte(&folded, 'a');
	memset(needle, 'a', sizeof(needle));
	needle[20] = 'b';
	assert_false(search_finds_ascii(buf_span(&folded), span(needle, sizeof(needle))));
	buf_fini(&folded);
}

int main(void)
{
	const struct CMUnitTest all[] = {
		cmocka_unit_test(test_finds),
		cmocka_unit_test(test_broken_utf8_is_replaced),
		cmocka_unit_test(test_every_code_point),
		cmocka_unit_test(test_stream_pieces),
		cmocka_unit_test(test_break_parts_texts),
		cmocka_unit_test(ascii_as_it_stands),
	};

	return cmocka_run_group_tests(all, NULL, NULL);
}

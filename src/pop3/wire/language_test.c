/* Languages: ranges, texts, LANG's answers, the note from door to session. RFC 6856 §3, RFC 4647. */
#include "base/test.h"

#include "base/utf8.h"
#include "pop3/wire/command.h"

static void ranges_mean_languages(void **state)
{
	static const struct {
		const char *range;
		enum pop3_language is;
	} rows[] = {{"en", POP3_ENGLISH}, {"AR", POP3_ARABIC}, {"fr-CA", POP3_FRENCH}, {"zh-Hans-CN", POP3_CHINESE},
		{"de", POP3_LANGUAGES}, {"eng", POP3_LANGUAGES}, {"", POP3_LANGUAGES}, {"-en", POP3_LANGUAGES}};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		enum pop3_language l = POP3_LANGUAGES;

		assert_int_equal(pop3_language_find(span_of(rows[i].range), &l), rows[i].is != POP3_LANGUAGES);
		assert_int_equal(l, rows[i].is);
	}
}

/* A text can stand in an answer: one line of UTF-8, with the numbers that the English one has. */
static void assert_text(const char *english, const char *text)
{
	struct span s = span_of(text);

	assert_true(s.n > 0 && s.n < 400 && utf8_valid(s));
	for (size_t i = 0; i < s.n; i++)
		assert_true((unsigned char)s.p[i] >= 0x20 && s.p[i] != 0x7f);
	for (const char *number = "%1"; number; number = strcmp(number, "%1") == 0 ? "%2" : NULL)
		assert_int_equal(strstr(english, number) != NULL, strstr(text, number) != NULL);
	assert_true(text[0] != '['); /* that would be a response code */
}

static void every_text_is_there_in_every_language(void **state)
{
	static const char *const rows[][POP3_LANGUAGES] = {
#define TEXT(english, arabic, french, chinese) {english, arabic, french, chinese},
#include "pop3/texts.def"
#undef TEXT
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		assert_true(span_is_ascii(span_of(rows[i][POP3_ENGLISH])));
		for (size_t k = i + 1; k < ARRAY_LEN(rows); k++)
			assert_string_not_equal(rows[i][POP3_ENGLISH], rows[k][POP3_ENGLISH]);
		for (enum pop3_language l = 0; l < POP3_LANGUAGES; l++) {
			assert_text(rows[i][POP3_ENGLISH], rows[i][l]);
			assert_string_equal(pop3_text(l, rows[i][POP3_ENGLISH]), rows[i][l]);
		}
	}
	assert_string_equal(pop3_text(POP3_ARABIC, "no row has this"), "no row has this");
}

static void assert_lang(const char *argument, enum pop3_language *l, const char *answer)
{
	char line[64];
	struct pop3_command c;
	struct buf b;

	snprintf(line, sizeof line, "LANG %s", argument);
	assert_int_equal(pop3_command_parse(span_of(line), &c), FAIL_NONE);
	buf_init(&b, 1000);
	pop3_lang(&b, l, &c, POP3_FRENCH);
	assert_true(span_starts(buf_span(&b), span_of(answer)));
	assert_true(span_ends(buf_span(&b), SPAN("\r\n")));
	buf_fini(&b);
}

static void lang_answers_in_the_new_language(void **state)
{
	enum pop3_language l = POP3_ENGLISH;

	(void)state;
	assert_lang("", &l, "+OK languages follow\r\nen English\r\nar العربية\r\nfr Français\r\nzh 中文\r\n.\r\n");
	assert_lang("ar-EG", &l, "+OK ar النصوص بالعربية\r\n");
	assert_lang("mul", &l, "-ERR هذه اللغة غير متاحة هنا\r\n");
	assert_int_equal(l, POP3_ARABIC);
	assert_lang("*", &l, "+OK fr ");
	assert_int_equal(l, POP3_FRENCH);
}

static void numbers_stand_in_texts(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 1000);
	pop3_ok_numbers(&b, POP3_ENGLISH, "maildrop has %1 messages (%2 octets)", 3, 12345678901);
	pop3_ok_numbers(&b, POP3_CHINESE, "%1 octets", 7, 0);
	assert_true(span_eq(buf_span(&b), SPAN("+OK maildrop has 3 messages (12345678901 octets)\r\n+OK 7 字节\r\n")));
	buf_fini(&b);
}

static void the_note_reaches_the_session(void **state)
{
	(void)state;
	for (enum pop3_language l = 0; l < POP3_LANGUAGES; l++)
		for (int utf8 = 0; utf8 < 2; utf8++) {
			struct pop3_note n = {l, utf8}, back;
			struct buf b;

			buf_init(&b, 100);
			pop3_note_put(&n, &b);
			pop3_note_get(buf_span(&b), &back);
			assert_int_equal(back.language, l);
			assert_int_equal(back.utf8, utf8);
			pop3_note_get(SPAN("xx utf8"), &back);
			assert_false(back.utf8 || back.language);
			buf_fini(&b);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ranges_mean_languages),
		cmocka_unit_test(every_text_is_there_in_every_language),
		cmocka_unit_test(lang_answers_in_the_new_language),
		cmocka_unit_test(numbers_stand_in_texts),
		cmocka_unit_test(the_note_reaches_the_session),
	};

	return cmocka_run_group_tests_name("pop3/language", tests, NULL, NULL);
}

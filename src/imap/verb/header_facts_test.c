/* Facts against the header itself: whatever the mail, a key finds the same in both. */
#include "base/test.h"

#include "imap/verb/search_key.h"

enum { HEADERS = 400, LONG = 40000 };

static const char *const names[] = {"Subject", "subject", "SUBJECT ", "From", "To", "Cc", "Bcc", "Message-ID", "Date",
	"X-Other", "Subjects", "Sub"};
static const char *const values[] = {"", " ", " plain words", " Plain\r\n\tfolded",
	" =?utf-8?B?2KfZhNio2LHZitiv?=", " =?utf-8?Q?=C3=89t?=\r\n =?utf-8?Q?=C3=A9?=",
	" =?utf-8?B?2KfZhNi=?= =?utf-8?B?o2LHZitiv?=", " \xc3\xa9t\xc3\xa9", " e\xcc\x81te\xcc\x81",
	" \xe9t\xe9 latin-1", " \xff\xfe\xff", " =?gb2312?B?1cXOsA==?= <wei@example.cn>",
	" =?iso-8859-8?B?5+Xs7Q==?=", " =?x-none?Q?abc?=", " =?utf-8?Q?=00=FF=FE?= x",
	" Amal <amal@example.org>, \"W, Z\" <wz@example.cn>", " <a@x>", " Mon, 1 Feb 1999 00:30:00 +0200",
	" not a date", " \xe9\x82\xae\xe4\xbb\xb6\xe5\x88\xb0\xe4\xba\x86", " Stra\303\237\145 STRASSE",
	" \xef\xac\x81nal \xc7\x86", " a:b", "no blank", " Re: [x] Fwd: plain words (fwd)"};
static const char *const keys[] = {"SUBJECT \"\"", "SUBJECT plain", "SUBJECT \"plain folded\"", "SUBJECT \"words \"",
	"SUBJECT البريد", "SUBJECT \"été\"", "SUBJECT strasse", "SUBJECT fin", "SUBJECT 邮件",
	"SUBJECT \"\xef\xbf\xbd\"", "SUBJECT abc", "SUBJECT x", "FROM \"\"", "FROM amal", "FROM \"é\"", "TO example",
	"TO \"\"", "CC 张", "CC plain", "BCC \"\"", "BCC w", "HEADER Subject folded", "HEADER MESSAGE-ID \"<a@x>\"",
	"HEADER Message-Id \"\"", "HEADER X-Other plain", "SENTON 1-Feb-1999", "SENTBEFORE 1-Feb-1999",
	"SENTSINCE 1-Feb-1999", "NOT SUBJECT plain", "OR FROM amal SUBJECT plain", "NOT OR CC plain SENTON 1-Feb-1999",
	"HEADER Sub \"\"", "SUBJECT wordsplain", "SUBJECT \"words plain\"", "SUBJECT \"ete\"", "TO חול"};

static uint32_t dice;

static uint32_t roll(uint32_t n)
{
	dice = dice * 1103515245u + 12345u;
	return (dice >> 8) % n;
}

static void make_header(struct buf *out)
{
	uint32_t fields = roll(9);

	buf_reset(out);
	for (uint32_t i = 0; i < fields; i++) {
		buf_add(out, span_of(names[roll(ARRAY_LEN(names))]));
		buf_add_byte(out, ':');
		for (uint32_t k = 0; k <= roll(3); k++)
			buf_add(out, span_of(values[roll(ARRAY_LEN(values))]));
		for (uint32_t k = roll(40) ? 0 : roll(LONG); k; k--)
			buf_add_byte(out, "plain words \xc3\xa9\r\n "[roll(17)]);
		buf_add_lit(out, "\r\n");
	}
	buf_add_lit(out, "\r\n");
}

struct asked {
	struct arena arena;
	struct args args;
	struct search_criteria criteria;
};

static void ask(struct asked *a, const char *key)
{
	static const struct sequence_set none;
	struct why w;

	arena_init(&a->arena, 1 << 20);
	args_init(&a->args, span_of(key), &a->arena);
	assert_int_equal(search_parse(&a->args, false, &a->criteria, &w), FAIL_NONE);
	search_begin(&a->criteria, NULL, 1, 1, none);
}

static enum search_truth by_header(struct search_criteria *s, struct span header)
{
	search_next(s);
	search_header(s, header);
	return search_truth(s, NULL);
}

static enum search_truth by_facts(struct search_criteria *s, const struct header_facts *f, struct span header)
{
	search_next(s);
	search_facts(s, f);
	if (search_wants_header(s))
		search_header(s, header);
	return search_truth(s, NULL);
}

static void same_as_the_header(void **state)
{
	struct header_facts facts;
	struct buf header;
	struct asked a;
	size_t found = 0;

	(void)state;
	buf_init(&header, HEADER_FACTS_MAX);
	header_facts_init(&facts);
	dice = 1;
	for (int i = 0; i < HEADERS; i++) {
		make_header(&header);
		for (size_t k = 0; k < ARRAY_LEN(keys); k++) {
			enum search_truth want;

			ask(&a, keys[k]);
			header_facts_clear(&facts);
			header_facts_make(&facts, buf_span(&header), a.criteria.facts);
			assert_int_equal(facts.known, a.criteria.facts);
			want = by_header(&a.criteria, buf_span(&header));
			found += want == SEARCH_TRUE;
			if (by_facts(&a.criteria, &facts, buf_span(&header)) != want)
				fail_msg("%s in:\n%.*s", keys[k], SPAN_ARG(buf_span(&header)));
			arena_fini(&a.arena);
		}
	}
	assert_true(found > HEADERS); /* the keys and the values have to do with each other */
	header_facts_fini(&facts);
	buf_fini(&header);
}

/* No block of messages is ruled out in which one matches. */
static void many_at_once(void **state)
{
	struct header_facts facts;
	struct buf header, texts;
	size_t ruled_out = 0;
	struct asked a;

	(void)state;
	dice = 7;
	buf_init(&header, HEADER_FACTS_MAX);
	buf_init(&texts, 64 << 20);
	header_facts_init(&facts);
	for (size_t k = 0; k < 12; k++) { /* those of SUBJECT alone */
		ask(&a, keys[k]);
		for (int block = 0; block < 100; block++) {
			bool any = false;

			buf_reset(&texts);
			for (int i = 0; i < 4; i++) {
				make_header(&header);
				header_facts_clear(&facts);
				header_facts_make(&facts, buf_span(&header), FACT_BIT(FACT_SUBJECT));
				buf_add(&texts, facts.of[FACT_SUBJECT]);
				any |= by_header(&a.criteria, buf_span(&header)) == SEARCH_TRUE;
			}
			search_next(&a.criteria);
			assert_true(search_no_text(&a.criteria, FACT_SUBJECT, buf_span(&texts)) == !any);
			assert_int_equal(search_truth(&a.criteria, NULL), any ? SEARCH_OPEN : SEARCH_FALSE);
			ruled_out += !any;
		}
		arena_fini(&a.arena);
	}
	assert_true(ruled_out > 100);
	header_facts_fini(&facts);
	buf_fini(&header);
	buf_fini(&texts);
}

/* Beyond a bound nothing is said of a field, rather than something wrong; the first of its kind still counts. */
static void very_many_fields(void **state)
{
	struct header_facts facts;
	struct buf header;
	int64_t seconds;
	int16_t zone;

	(void)state;
	buf_init(&header, 1 << 20);
	for (int i = 0; i < 2 * HEADER_FACT_FIELDS; i++)
		buf_addf(&header, "Subject: number %d\r\n", i);
	buf_add_lit(&header, "From: a@x\r\nDate: Mon, 1 Feb 1999 00:30:00 +0200\r\n\r\n");
	header_facts_init(&facts);
	header_facts_make(&facts, buf_span(&header), FACT_BIT(FACTS) - 1);
	assert_true((facts.known & FACT_BIT(FACT_SUBJECT)) == 0);
	assert_true(facts.known & FACT_BIT(FACT_BASE_SUBJECT));
	assert_true(span_eq(header_fact(&facts, FACT_BASE_SUBJECT), SPAN("-number 0")));
	assert_true(span_eq(header_fact(&facts, FACT_FIRST_FROM), SPAN("a")));
	assert_true(header_facts_sent(&facts, &seconds, &zone) && zone == 120);
	header_facts_fini(&facts);
	buf_fini(&header);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(same_as_the_header),
		cmocka_unit_test(many_at_once),
		cmocka_unit_test(very_many_fields),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

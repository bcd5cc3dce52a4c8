/* Base subjects: RFC 5256 §2.1. */
#include "base/test.h"

#include "imap/verb/base_subject.h"

static void subjects(void **state)
{
	static const struct {
		const char *value, *base;
		bool reply;
	} rows[] = {
		{"Hello", "hello", false},
		{"  Hello \t world ", "hello world", false},
		{"Re: Hello", "hello", true},
		{"RE:Hello", "hello", true},
		{"re : Hello", "hello", true},
		{"Re[2]: Hello", "hello", true},
		{"Fwd: Fw: Re: Hello", "hello", true},
		{"Hello (fwd)", "hello", true},
		{"Hello (fwd) (FWD)", "hello", true},
		{"[list] Hello", "hello", false},
		{"[list] Re: Hello", "hello", true},
		{"Re: [list] Hello", "hello", true},
		{"[a] [b] Re: [c] Hello", "hello", true},
		{"[list]", "[list]", false},
		{"[a][b]", "[b]", false},
		{"[Fwd: Hello]", "hello", true},
		{"[Fwd: [Fwd: Re: Hello (fwd)]]", "hello", true},
		{"[fwd: ]", "", true},
		{"Re:", "", true},
		{"", "", false},
		{"Regards", "regards", false},
		{"Rebecca: x", "rebecca: x", false},
		{"[unclosed", "[unclosed", false},
		{"[a [b] c", "[a [b] c", false},
		{"Aw: Hallo", "aw: hallo", false}, /* other languages' words are not in the RFC */
		{"=?utf-8?Q?Re:_=C3=89t=C3=A9?=", "e\xcc\x81te\xcc\x81", true},
		{"Re: =?utf-8?B?2YXYsdit2KjYpw==?=", "مرحبا", true},
		{"Fwd: 邮件", "邮件", true},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct buf out;
		bool reply;

		buf_init(&out, SUBJECT_MAX * 3);
		base_subject(span_of(rows[i].value), &out, &reply);
		if (!span_eq(buf_span(&out), span_of(rows[i].base)) || reply != rows[i].reply)
			fail_msg("\"%s\" became \"%.*s\" (%d)", rows[i].value, SPAN_ARG(buf_span(&out)), reply);
		buf_fini(&out);
	}
}

/* A base subject is its own base subject, whatever came: and hostile ones take no time. */
static void again(void **state)
{
	static const char *const pieces[] = {"[a]", "re:", " ", "fwd", "(fwd)", "[fwd:", "]", "[", ":", "x"};

	(void)state;
	for (unsigned seed = 0; seed < 20000; seed++) {
		struct buf text, once, twice;
		bool reply;

		buf_init(&text, 1 << 10);
		buf_init(&once, SUBJECT_MAX * 3);
		buf_init(&twice, SUBJECT_MAX * 3);
		for (unsigned x = seed * 2654435761u; x; x /= 11)
			buf_add(&text, span_of(pieces[x % ARRAY_LEN(pieces)]));
		base_subject(buf_span(&text), &once, &reply);
		base_subject(buf_span(&once), &twice, &reply);
		if (!span_eq(buf_span(&once), buf_span(&twice)))
			fail_msg("\"%.*s\" -> \"%.*s\" -> \"%.*s\"", SPAN_ARG(buf_span(&text)),
				SPAN_ARG(buf_span(&once)), SPAN_ARG(buf_span(&twice)));
		buf_fini(&text);
		buf_fini(&once);
		buf_fini(&twice);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(subjects),
		cmocka_unit_test(again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

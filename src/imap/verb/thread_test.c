/* Threads: RFC 5256 §3. */
#include "base/test.h"

#include "imap/verb/thread_tree.h"

struct mail {
	int64_t date;
	const char *header;
};

static void add(struct thread_tree *t, enum thread_by by, uint32_t number, int64_t date, struct span header)
{
	struct header_facts facts;

	header_facts_init(&facts);
	header_facts_make(&facts, header, thread_facts(by));
	assert_int_equal(thread_tree_add(t, number, date, &facts), FAIL_NONE);
	header_facts_fini(&facts);
}

static void check_numbered(enum thread_by by, const struct mail *mail, size_t n, const char *want)
{
	struct thread_tree *t = thread_tree_new(by);

	for (size_t i = 0; i < n; i++)
		add(t, by, (uint32_t)i + 1, mail[i].date, span_of(mail[i].header));
	thread_tree_make(t);
	if (!span_eq(thread_tree_text(t), span_of(want)))
		fail_msg("\"%.*s\" instead of \"%s\"", SPAN_ARG(thread_tree_text(t)), want);
	thread_tree_free(t);
}
#define CHECK(by, want, ...)                                                                                           \
	do {                                                                                                           \
		static const struct mail mail[] = {__VA_ARGS__};                                                       \
		check_numbered(by, mail, ARRAY_LEN(mail), want);                                                       \
	} while (0)

static void ordered_subject(void **state)
{
	(void)state;
	check_numbered(THREAD_ORDEREDSUBJECT, NULL, 0, "");
	CHECK(THREAD_ORDEREDSUBJECT, " (1)", {5, "Subject: a\r\n\r\n"});
	CHECK(THREAD_ORDEREDSUBJECT, " (3 1)(2)", {5, "Subject: Re: a\r\n\r\n"}, {4, "Subject: b\r\n\r\n"},
		{3, "Subject: A\r\n\r\n"});
	CHECK(THREAD_ORDEREDSUBJECT, " (1 (2)(3))", {5, "Subject: a\r\n\r\n"}, {6, "Subject: Re: a\r\n\r\n"},
		{7, "Subject: Fwd: a\r\n\r\n"});
	/* no subject at all is a subject like any other here */
	CHECK(THREAD_ORDEREDSUBJECT, " (1 2)", {5, "\r\n"}, {6, "Subject:\r\n\r\n"});
}

static void references(void **state)
{
	(void)state;
	check_numbered(THREAD_REFERENCES, NULL, 0, "");
	/* a chain, then an answer to its first */
	CHECK(THREAD_REFERENCES, " (1 (2 3)(4))", {1, "Message-ID: <a@x>\r\nSubject: s\r\n\r\n"},
		{2, "Message-ID: <b@x>\r\nReferences: <a@x>\r\nSubject: t\r\n\r\n"},
		{3, "Message-ID: <c@x>\r\nReferences: <a@x> <b@x>\r\nSubject: u\r\n\r\n"},
		{4, "Message-ID: <d@x>\r\nIn-Reply-To: <a@x>\r\nSubject: v\r\n\r\n"});
	/* they may come in any order: dates decide among siblings */
	CHECK(THREAD_REFERENCES, " (3 (2)(1))", {9, "References: <a@x>\r\n\r\n"}, {8, "References:\r\n <a@x>\r\n\r\n"},
		{7, "Message-ID: <a@x>\r\n\r\n"});
	/* a parent that is not there: one child takes its place, two share a dummy */
	CHECK(THREAD_REFERENCES, " (1)", {1, "References: <gone@x>\r\n\r\n"});
	CHECK(THREAD_REFERENCES, " ((1)(2))", {1, "References: <gone@x>\r\nSubject: a\r\n\r\n"},
		{2, "References: <gone@x>\r\nSubject: b\r\n\r\n"});
	/* a dummy in the middle goes: its child is the grandparent's */
	CHECK(THREAD_REFERENCES, " (1 2)", {1, "Message-ID: <a@x>\r\n\r\n"}, {2, "References: <a@x> <gone@x>\r\n\r\n"});
	/* quotes do not matter, case does */
	CHECK(THREAD_REFERENCES, " (1 2)(3)", {1, "Message-ID: <\"a\"@x>\r\n\r\n"}, {2, "References: <a@x>\r\n\r\n"},
		{3, "References: <A@x>\r\n\r\n"});
	/* a message id twice: the second message has none */
	CHECK(THREAD_REFERENCES, " (1 3)(2)", {1, "Message-ID: <a@x>\r\n\r\n"}, {2, "Message-ID: <a@x>\r\n\r\n"},
		{3, "References: <a@x>\r\n\r\n"});
	/* loops are not made */
	CHECK(THREAD_REFERENCES, " (2 1)", {1, "Message-ID: <a@x>\r\nReferences: <b@x>\r\n\r\n"},
		{2, "Message-ID: <b@x>\r\nReferences: <a@x>\r\n\r\n"});
	CHECK(THREAD_REFERENCES, " (1)", {1, "Message-ID: <a@x>\r\nReferences: <a@x>\r\n\r\n"});
	/* what is no message id is passed over */
	CHECK(THREAD_REFERENCES, " (1 2)", {1, "Message-ID: <a@x>\r\n\r\n"},
		{2, "References: your letter <of yesterday> <\r\n <b> <a@x>\r\n\r\n"});
}

/* Step 5. */
static void same_subject(void **state)
{
	(void)state;
	CHECK(THREAD_REFERENCES, " (1 2)", {1, "Subject: s\r\n\r\n"}, {2, "Subject: Re: s\r\n\r\n"});
	/* the answer is older: the question is its parent all the same */
	CHECK(THREAD_REFERENCES, " (2 1)", {1, "Subject: Re: s\r\n\r\n"}, {2, "Subject: s\r\n\r\n"});
	/* two that answer nothing, or two answers, become siblings */
	CHECK(THREAD_REFERENCES, " ((1)(2))", {1, "Subject: s\r\n\r\n"}, {2, "Subject: s\r\n\r\n"});
	CHECK(THREAD_REFERENCES, " ((1)(2)(3))", {1, "Subject: Re: s\r\n\r\n"}, {2, "Subject: Re: s\r\n\r\n"},
		{3, "Subject: Fw: s\r\n\r\n"});
	/* no subject gathers nobody */
	CHECK(THREAD_REFERENCES, " (1)(2)", {1, "\r\n"}, {2, "Subject: \r\n\r\n"});
	/* dummies of one subject become one */
	CHECK(THREAD_REFERENCES, " ((1)(2)(3)(4))", {1, "References: <g@x>\r\nSubject: Re: s\r\n\r\n"},
		{2, "References: <g@x>\r\nSubject: Re: s\r\n\r\n"}, {3, "References: <h@x>\r\nSubject: Re: s\r\n\r\n"},
		{4, "References: <h@x>\r\nSubject: Re: s\r\n\r\n"});
	CHECK(THREAD_REFERENCES, " ((1)(2)(3 4))", {1, "References: <g@x>\r\nSubject: Re: s\r\n\r\n"},
		{2, "References: <g@x>\r\nSubject: Re: s\r\n\r\n"}, {3, "Message-ID: <z@x>\r\nSubject: s\r\n\r\n"},
		{4, "In-Reply-To: <z@x>\r\nSubject: other\r\n\r\n"});
}

/* Every number comes out once, and parentheses are even, whatever the headers say. */
static void any_headers(void **state)
{
	unsigned x = 7;

	(void)state;
	for (int round = 0; round < 300; round++) {
		enum thread_by by = round % 2 ? THREAD_REFERENCES : THREAD_ORDEREDSUBJECT;
		struct thread_tree *t = thread_tree_new(by);
		unsigned n = 1 + (unsigned)round % 40;
		bool seen[64] = {false};
		struct span text;
		int depth = 0;

		for (unsigned i = 0; i < n; i++) {
			char header[400];
			unsigned r[6];

			for (size_t k = 0; k < ARRAY_LEN(r); k++)
				r[k] = (x = x * 1103515245u + 12345u) >> 16;
			snprintf(header, sizeof(header),
				"Message-ID: <%u@x>\r\nReferences: <%u@x> <%u@x>\r\n <%u@x>\r\nSubject: %s%c\r\n\r\n",
				r[0] % n, r[1] % n, r[2] % n, r[3] % (n + 5), r[4] % 2 ? "Re: " : "", "abc "[r[5] % 4]);
			add(t, by, i + 1, r[5] % 10, span_of(header));
		}
		thread_tree_make(t);
		for (text = thread_tree_text(t); text.n; text = span_skip(text, 1)) {
			unsigned number = 0;

			depth += text.p[0] == '(' ? 1 : text.p[0] == ')' ? -1 : 0;
			for (; text.n && text.p[0] >= '0' && text.p[0] <= '9'; text = span_skip(text, 1))
				number = number * 10 + (unsigned)(text.p[0] - '0');
			if (!number)
				continue;
			assert_true(number <= n && !seen[number] && depth > 0);
			seen[number] = true;
			depth += text.p[0] == '(' ? 1 : text.p[0] == ')' ? -1 : 0;
		}
		assert_int_equal(depth, 0);
		for (unsigned i = 1; i <= n; i++)
			assert_true(seen[i]);
		thread_tree_free(t);
	}
}

/* A header made to be slow is not. */
static void hostile_header(void **state)
{
	struct thread_tree *t = thread_tree_new(THREAD_REFERENCES);
	static const char *const pieces[] = {"<", "<\"", "<a", "<\"a<", "< "};
	struct buf header;

	(void)state;
	buf_init(&header, 1 << 20);
	for (size_t i = 0; i < ARRAY_LEN(pieces); i++) {
		buf_reset(&header);
		buf_add_lit(&header, "References: ");
		while (header.n < 500000)
			buf_add(&header, span_of(pieces[i]));
		buf_add_lit(&header, "\r\n\r\n");
		add(t, THREAD_REFERENCES, (uint32_t)i + 1, (int64_t)i, buf_span(&header));
	}
	thread_tree_make(t);
	assert_true(span_eq(thread_tree_text(t), SPAN(" (1)(2)(3)(4)(5)")));
	thread_tree_free(t);
	buf_fini(&header);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ordered_subject),
		cmocka_unit_test(references),
		cmocka_unit_test(same_subject),
		cmocka_unit_test(any_headers),
		cmocka_unit_test(hostile_header),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SEARCH, SORT and THREAD answer alike whether they read headers or have kept what those say. */
#include "imap/verb/verb_bench.h"

#include "store/columns.h"

enum { MAILS = 300, LONG_SUBJECT = 20 << 10, LONG_HEADER = 200 << 10 };

static struct bench bench;
static struct client c;

static const char *const strange[] = {
	"Subject: plain\r\nFrom: Amal <amal@example.org>\r\nDate: Mon, 1 Feb 1999 10:00:00 +0000\r\nMessage-ID: "
	"<1@x>\r\n",
	"Subject: one\r\nSubject: two plain\r\nTo: a@x\r\nTo: b@x\r\n",
	"Subject: =?utf-8?B?2KfZhNio2LHZitiv?=\r\nFrom: =?utf-8?B?2KfZhNio?=\r\n =?utf-8?B?2LHZitiv?= "
	"<b@x>\r\nReferences: <1@x>\r\n",
	"Subject: \xc3\xa9t\xc3\xa9\r\nDate: nonsense\r\nMessage-ID: <2@x>\r\n",
	"Subject: e\xcc\x81te\xcc\x81\r\nDate: Tue, 2 Feb 1999 10:00:00 +0000\r\n",
	"Subject: \xe9t\xe9\r\nCc: plain@x\r\nIn-Reply-To: <2@x>\r\n",
	"Subject:\r\nDate: Wed, 3 Feb 1999 23:59:59 -0800\r\n",
	"From: nobody\r\nX-Other: plain\r\n",
	"Subject: =?utf-8?Q?\xe9\x82\xae\xe4\xbb\xb6?= Re: PLAIN\r\nBcc: hidden@x\r\n",
	"Subject: RE: plain\r\nReferences: <1@x>\r\n <2@x>\r\nDate: Thu, 4 Feb 1999 10:00:00 +0000\r\n",
};

static const char *const questions[] = {"SEARCH SUBJECT plain", "SEARCH SUBJECT \"\"", "SEARCH NOT SUBJECT plain",
	"SEARCH SUBJECT البريد", "SEARCH FROM البريد", "SEARCH SUBJECT été", "SEARCH SUBJECT two", "SEARCH TO b@x",
	"SEARCH CC plain", "SEARCH BCC hidden", "SEARCH HEADER Message-ID 1@x", "SEARCH HEADER X-Other plain",
	"SEARCH SENTON 1-Feb-1999", "SEARCH SENTSINCE 3-Feb-1999", "SEARCH NOT SENTBEFORE 3-Feb-1999",
	"SEARCH OR SUBJECT two FROM amal", "SEARCH UNSEEN SUBJECT plain", "SEARCH SEEN SUBJECT plain",
	"SEARCH OR SUBJECT two TEXT nobody", "SEARCH SUBJECT 邮件", "SEARCH SUBJECT \"the end\"",
	"SEARCH 5:90 SUBJECT plain", "SEARCH SUBJECT nowhere", "SEARCH FROM \"\" SUBJECT p", "SORT (SUBJECT) UTF-8 ALL",
	"SORT (FROM REVERSE DATE) UTF-8 ALL", "SORT (TO CC SIZE) UTF-8 SUBJECT plain",
	"SORT (ARRIVAL) UTF-8 SUBJECT two", "THREAD REFERENCES UTF-8 ALL",
	"THREAD ORDEREDSUBJECT UTF-8 NOT SUBJECT two"};

static void append(unsigned i)
{
	struct buf message;

	buf_init(&message, 1 << 20);
	if (i % 97 == 50) { /* too long to be kept */
		buf_add_lit(&message, "Subject: ");
		while (message.n < LONG_SUBJECT)
			buf_add_lit(&message, "longer and longer \r\n ");
		buf_add_lit(&message, "the end\r\n");
	}
	if (i % 97 == 60) /* not in the first read */
		while (message.n < LONG_HEADER)
			buf_add_lit(&message, "X-Filler: nothing to be seen\r\n");
	buf_add(&message, span_of(strange[i * 7 % ARRAY_LEN(strange)]));
	buf_add_lit(&message, "\r\nbody\r\n");
	client_append(&c, "INBOX", i % 3 ? "" : "(\\Seen) ", buf_span(&message));
	buf_fini(&message);
}

static int begin(void **state)
{
	bench_init(&bench, NULL);
	client_open(&c, &bench, 1);
	for (unsigned i = 0; i < MAILS; i++)
		append(i);
	client_select(&c, "INBOX");
	return 0;
}

static int end(void **state)
{
	client_close(&c);
	bench_fini(&bench);
	return 0;
}

/* What it answers when nothing is kept, then while it comes to be kept, then when it is. */
static void check(const char *question)
{
	struct buf want;

	buf_init(&want, 1 << 20);
	store_set_columns(bench.store, 0);
	buf_add(&want, client_ask(&c, span_of(question)));
	assert_int_equal(store_columns_bytes(bench.store), 0);
	store_set_columns(bench.store, COLUMNS_DEFAULT);
	for (int i = 0; i < 3; i++)
		if (!span_eq(client_ask(&c, span_of(question)), buf_span(&want)))
			WRONG("%s:\n%.*s\nis not\n%.*s", question, SPAN_ARG(buf_span(&c.in)),
				SPAN_ARG(buf_span(&want)));
	buf_fini(&want);
}

static void check_all(void)
{
	for (size_t i = 0; i < ARRAY_LEN(questions); i++)
		check(questions[i]);
	/* and when others have been asked before */
	for (size_t i = ARRAY_LEN(questions); i--;) {
		struct buf kept;

		buf_init(&kept, 1 << 20);
		buf_add(&kept, client_ask(&c, span_of(questions[i])));
		store_set_columns(bench.store, 0);
		if (!span_eq(client_ask(&c, span_of(questions[i])), buf_span(&kept)))
			WRONG("%s: %.*s", questions[i], SPAN_ARG(buf_span(&kept)));
		store_set_columns(bench.store, COLUMNS_DEFAULT);
		for (size_t k = i; k < ARRAY_LEN(questions); k += 5)
			client_ask(&c, span_of(questions[k]));
		buf_fini(&kept);
	}
}

static void alike(void **state)
{
	(void)state;
	check_all();
	assert_true(store_columns_bytes(bench.store) > 0);
	/* a part is known: some messages go, some come, a search has looked at few */
	client_ask(&c, SPAN("STORE 10:20,64,128:140,299 +FLAGS.SILENT (\\Deleted)"));
	client_ask(&c, SPAN("EXPUNGE"));
	for (unsigned i = MAILS; i < MAILS + 70; i++)
		append(i);
	client_ask(&c, SPAN("NOOP"));
	client_ask(&c, SPAN("SEARCH 100:110 SUBJECT plain"));
	check_all();
}

/* With hardly any room: some is kept, some is read. */
static void hardly_any_room(void **state)
{
	struct buf want;

	(void)state;
	buf_init(&want, 1 << 20);
	for (size_t i = 0; i < ARRAY_LEN(questions); i++) {
		store_set_columns(bench.store, 0);
		buf_reset(&want);
		buf_add(&want, client_ask(&c, span_of(questions[i])));
		store_set_columns(bench.store, 6000);
		for (int k = 0; k < 2; k++)
			assert_true(span_eq(client_ask(&c, span_of(questions[i])), buf_span(&want)));
		assert_true(store_columns_bytes(bench.store) <= 6000);
	}
	buf_fini(&want);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(alike, begin, end),
		cmocka_unit_test_setup_teardown(hardly_any_room, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

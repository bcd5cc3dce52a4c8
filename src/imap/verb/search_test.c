#include "imap/verb/verb_bench.h"

static struct bench bench;
static struct client c;

static const char plain[] = "Subject: plain\r\nFrom: Amal <amal@example.org>\r\nDate: Mon, 1 Feb 1999 10:00:00 "
			    "+0000\r\n\r\nhello world\r\n";
static const char arabic[] =
	"Subject: =?utf-8?B?2KfZhNio2LHZitiv?=\r\nContent-Type: text/plain; charset=utf-8\r\n"
	"Content-Transfer-Encoding: base64\r\n\r\n2YjYtdmEINin2YTYqNix2YrYryDYp9mE2YrZiNmFDQo=\r\n";
static const char mixed[] =
	"Subject: mixed\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\npreamble word\r\n"
	"--b\r\nContent-Type: text/plain; charset=gb2312\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
	"=D3=CA=\r\n=BC=FE here\r\n"
	"--b\r\nContent-Type: application/pdf; name=\"report.pdf\"\r\nContent-Transfer-Encoding: "
	"base64\r\n\r\naGVsbG8gd29ybGQ=\r\n"
	"--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: =?iso-8859-1?Q?=C9t=E9?=\r\n\r\nforwarded "
	"text\r\n--b--\r\n";

static int begin(void **state)
{
	bench_init(&bench, NULL);
	client_open(&c, &bench, 1);
	client_append(&c, "INBOX", "(\\Seen) \"17-Jul-1996 02:44:25 -0700\" ", span_of(plain));
	client_append(&c, "INBOX", "(Work) ", span_of(arabic));
	client_append(&c, "INBOX", "(\\Flagged) ", span_of(mixed));
	client_select(&c, "INBOX");
	return 0;
}

static int end(void **state)
{
	client_close(&c);
	bench_fini(&bench);
	return 0;
}

static void test_keys(void **state)
{
	static const struct {
		const char *keys, *found;
	} rows[] = {
		{"ALL", " 1 2 3"},
		{"SEEN", " 1"},
		{"UNSEEN", " 2 3"},
		{"KEYWORD work", " 2"},
		{"UNKEYWORD Work", " 1 3"},
		{"KEYWORD none", ""},
		{"ON 17-Jul-1996", " 1"},
		{"SENTON 1-Feb-1999", " 1"},
		{"RECENT", " 1 2 3"},
		{"2:*", " 2 3"},
		{"UID 9:*", " 3"},
		{"SUBJECT PLAIN", " 1"},
		{"SUBJECT البريد", " 2"},
		{"FROM amal", " 1"},
		{"BODY hello", " 1"}, /* the PDF is not text */
		{"TEXT \"subject: m\"", " 3"},
		{"BODY البريد", " 2"},
		{"BODY \"وصل البريد\"", " 2"},
		{"BODY 邮件", " 3"},
		{"BODY \"邮件 here\"", " 3"},
		{"BODY report.pdf", " 3"},
		{"BODY été", " 3"},
		{"SUBJECT été", ""},
		{"BODY \"forwarded text\"", " 3"},
		{"BODY word", ""},
		{"BODY wor", " 1"},
		{"OR BODY hello SUBJECT mixed", " 1 3"},
		{"NOT BODY hello", " 2 3"},
		{"CHARSET UTF-8 TEXT {12}\r\nالبريد", " 2"},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char command[200], answer[200];
		struct span got;

		snprintf(command, sizeof(command), "SEARCH %s", rows[i].keys);
		snprintf(answer, sizeof(answer), "* SEARCH%s\r\nOK ", rows[i].found);
		got = client_ask(&c, span_of(command));
		if (span_take(&got, SPAN("+ OK\r\n")), !span_starts(got, span_of(answer)))
			WRONG("%s:\n%.*s\nis not\n%s", command, SPAN_ARG(got), answer);
	}
}

static void test_refused(void **state)
{
	client_says(&c, "SEARCH", "BAD ");
	client_says(&c, "SEARCH SEEM", "BAD ");
	client_says(&c, "SEARCH CHARSET KOI8-R SUBJECT x", "NO [BADCHARSET (US-ASCII UTF-8)] ");
	client_says(&c, "UID SEARCH 2", "* SEARCH 2\r\nOK ");
	client_says(&c, "SEARCH 9", "* SEARCH\r\nOK ");
}

/* A word that lies across two reads, deep in a long message; and one that is not there. */
static void test_long_body(void **state)
{
	struct buf message;

	buf_init(&message, 1 << 20);
	buf_add_lit(&message, "Subject: long\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n");
	while (message.n < (64 << 10) - 5)
		buf_add_byte(&message, 'x');
	buf_add_lit(&message, "القاهرة مدينة\r\n");
	while (message.n < 300000)
		buf_add_lit(&message, "nothing to be seen here\r\n");
	buf_add_lit(&message, "the very last words\r\n");
	client_append(&c, "INBOX", "", buf_span(&message));
	buf_fini(&message);
	client_says(&c, "SEARCH BODY القاهرة", "* SEARCH 4\r\nOK ");
	client_says(&c, "SEARCH BODY \"LAST WORDS\"", "* SEARCH 4\r\nOK ");
	client_says(&c, "SEARCH BODY الإسكندرية", "* SEARCH\r\nOK ");
	client_says(&c, "UID SEARCH NOT TEXT hello", "* SEARCH 2 3 4\r\nOK ");
}

int main(void)
{
	const struct CMUnitTest all[] = {
		cmocka_unit_test_setup_teardown(test_keys, begin, end),
		cmocka_unit_test_setup_teardown(test_refused, begin, end),
		cmocka_unit_test_setup_teardown(test_long_body, begin, end),
	};

	return cmocka_run_group_tests(all, NULL, NULL);
}

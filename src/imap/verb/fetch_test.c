#include "imap/verb/verb_bench.h"

#define SIMPLE "Subject: one\r\nFrom: a@example.org\r\n\r\nhello\r\n"

static const char nested[] =
	"Subject: two\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
	"--b\r\nContent-Type: text/plain\r\n\r\nfirst\r\n--b\r\nContent-Type: message/rfc822\r\n\r\n"
	"Subject: inner\r\n\r\nsecond\r\n--b--\r\n";

static struct bench bench;
static struct client c;

static int begin(void **state)
{
	bench_init(&bench, NULL);
	client_open(&c, &bench, 1);
	client_append(&c, "INBOX", "() \"17-Jul-1996 02:44:25 -0700\" ", SPAN(SIMPLE));
	client_append(&c, "INBOX", "(\\Flagged Work) ", span_of(nested));
	client_select(&c, "INBOX");
	return 0;
}

static int end(void **state)
{
	client_close(&c);
	bench_fini(&bench);
	return 0;
}

static void test_rows(void **state)
{
	client_says(&c, "FETCH 1 (FLAGS)", "* 1 FETCH (FLAGS (\\Recent))\r\nOK ");
	client_says(&c, "FETCH 1,2 FLAGS",
		"* 1 FETCH (FLAGS (\\Recent))\r\n* 2 FETCH (FLAGS (\\Flagged \\Recent Work))\r\nOK ");
	client_says(&c, "FETCH *:2 UID", "* 2 FETCH (UID 2)\r\nOK ");
	client_says(&c, "UID FETCH 2 FLAGS", "* 2 FETCH (UID 2 FLAGS (\\Flagged \\Recent Work))\r\nOK ");
	client_says(&c, "UID FETCH 7 FLAGS", "OK ");
	client_says(&c, "UID FETCH 7:* UID", "* 2 FETCH (UID 2)\r\nOK ");
	client_says(&c, "FETCH 1 (RFC822.SIZE INTERNALDATE)",
		"* 1 FETCH (RFC822.SIZE 44 INTERNALDATE \"17-Jul-1996 02:44:25 -0700\")\r\nOK ");
	client_says(&c, "FETCH 3 FLAGS", "BAD ");
	client_says(&c, "FETCH 1 FLAG", "BAD ");
	client_says(&c, "FETCH 1", "BAD ");
	client_says(&c, "FETCH 0 FLAGS", "BAD ");
}

static void test_structure(void **state)
{
	client_says(&c, "FETCH 1 ENVELOPE",
		"* 1 FETCH (ENVELOPE (NIL \"one\" ((NIL NIL \"a\" \"example.org\")) ((NIL NIL \"a\" \"example.org\")) "
		"((NIL NIL \"a\" \"example.org\")) NIL NIL NIL NIL NIL))\r\nOK ");
	client_says(&c, "FETCH 1 BODY",
		"* 1 FETCH (BODY (\"text\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL \"7bit\" 7 1))\r\nOK ");
}

static void test_octets(void **state)
{
	client_says(&c, "FETCH 1 BODY.PEEK[]", "* 1 FETCH (BODY[] {44}\r\n" SIMPLE ")\r\nOK ");
	client_says(&c, "FETCH 1 (UID BODY.PEEK[TEXT] RFC822.HEADER)",
		"* 1 FETCH (UID 1 BODY[TEXT] {7}\r\nhello\r\n RFC822.HEADER {37}\r\nSubject: one\r\nFrom: "
		"a@example.org\r\n\r\n)\r\n"
		"OK ");
	client_says(&c, "FETCH 1 BODY.PEEK[TEXT]<1.3>", "* 1 FETCH (BODY[TEXT]<1> {3}\r\nell)\r\nOK ");
	client_says(&c, "FETCH 1 BODY.PEEK[TEXT]<100.3>", "* 1 FETCH (BODY[TEXT]<100> \"\")\r\nOK ");
	client_says(&c, "FETCH 1 BODY.PEEK[HEADER.FIELDS (subject)]",
		"* 1 FETCH (BODY[HEADER.FIELDS (subject)] {16}\r\nSubject: one\r\n\r\n)\r\nOK ");
	client_says(&c, "FETCH 2 (BODY.PEEK[1] BODY.PEEK[2.HEADER] BODY.PEEK[2.1] BODY.PEEK[3])",
		"* 2 FETCH (BODY[1] {5}\r\nfirst BODY[2.HEADER] {18}\r\nSubject: inner\r\n\r\n BODY[2.1] {6}\r\nsecond "
		"BODY[3] \"\")\r\n"
		"OK ");
	/* none of it has marked anything as read */
	client_says(&c, "FETCH 1:2 FLAGS",
		"* 1 FETCH (FLAGS (\\Recent))\r\n* 2 FETCH (FLAGS (\\Flagged \\Recent Work))\r\nOK ");
}

static void test_seen(void **state)
{
	struct client other;

	client_open(&other, &bench, 1);
	client_select(&other, "INBOX");
	client_says(&c, "FETCH 1 BODY[TEXT]", "* 1 FETCH (BODY[TEXT] {7}\r\nhello\r\n FLAGS (\\Seen \\Recent))\r\nOK ");
	client_says(&c, "FETCH 1 BODY[TEXT]", "* 1 FETCH (BODY[TEXT] {7}\r\nhello\r\n)\r\nOK ");
	client_says(&c, "FETCH 1:2 (FLAGS RFC822.TEXT)<", "BAD ");
	client_says(&other, "NOOP", "* 1 FETCH (FLAGS (\\Seen))\r\nOK ");
	client_says(&other, "UID FETCH 2 (FLAGS BODY[1])",
		"* 2 FETCH (UID 2 FLAGS (\\Flagged \\Seen Work) BODY[1] {5}\r\nfirst)\r\nOK ");
	client_says(&c, "STORE 2 -FLAGS.SILENT (\\Seen)", "* 2 FETCH (FLAGS (\\Flagged \\Recent Work))\r\nOK ");
	assert_true(span_find(client_ask(&other, SPAN("EXAMINE INBOX")), SPAN("[READ-ONLY]")) != SIZE_MAX);
	client_says(&other, "FETCH 2 BODY[1]", "* 2 FETCH (BODY[1] {5}\r\nfirst)\r\nOK ");
	client_says(&c, "FETCH 2 FLAGS", "* 2 FETCH (FLAGS (\\Flagged \\Recent Work))\r\nOK ");
	client_close(&other);
}

/* A message that another device has removed is served until this one has been told of it. */
static void test_expunged_elsewhere(void **state)
{
	struct client other;

	client_open(&other, &bench, 1);
	client_select(&other, "INBOX");
	client_ask(&other, SPAN("STORE 1 +FLAGS.SILENT (\\Deleted)"));
	client_says(&other, "EXPUNGE", "* 1 EXPUNGE\r\nOK ");
	client_says(&c, "FETCH 1 BODY.PEEK[TEXT]",
		"* 1 FETCH (BODY[TEXT] {7}\r\nhello\r\n)\r\n* 1 FETCH (FLAGS (\\Deleted \\Recent))\r\nOK ");
	client_says(&c, "FETCH 2 UID", "* 2 FETCH (UID 2)\r\nOK ");
	client_says(&c, "NOOP", "* 1 EXPUNGE\r\nOK ");
	client_says(&c, "FETCH 1 UID", "* 1 FETCH (UID 2)\r\nOK ");
	client_close(&other);
}

/* Far more than any buffer holds comes through whole, to a client that reads slowly. */
static void test_large(void **state)
{
	enum { LARGE = 5 << 20 };
	struct buf message;
	struct span got;

	buf_init(&message, LARGE + 100);
	buf_add_lit(&message, "Subject: large\r\n\r\n");
	for (unsigned i = 0; message.n < LARGE - 80; i++)
		buf_addf(&message, "line %u of a message that is far longer than one piece\r\n", i);
	client_append(&c, "INBOX", "", buf_span(&message));
	got = client_ask(&c, SPAN("FETCH 3 BODY.PEEK[]"));
	got = span_skip(got, span_find(got, SPAN("* 3 FETCH")));
	got = span_skip(got, span_find(got, SPAN("\r\n")) + 2);
	assert_true(span_eq(span_first(got, message.n), buf_span(&message)));
	got = client_ask(&c, SPAN("FETCH 3 BODY.PEEK[]<70000.200000>"));
	got = span_skip(got, span_find(got, SPAN("\r\n")) + 2);
	assert_true(span_eq(span_first(got, 200000), span_first(span_skip(buf_span(&message), 70000), 200000)));
	assert_true(span_starts(span_skip(got, 200000), SPAN(")\r\nOK ")));
	buf_fini(&message);
}

/* Changes one octet of `text` wherever it lies in the files of `dir`. */
static void rot(const char *dir, struct span text)
{
	char command[200];
	FILE *files;
	char path[300];
	unsigned found = 0;

	snprintf(command, sizeof(command), "grep -rlaF '%.*s' %s", SPAN_ARG(text), dir);
	files = popen(command, "r");
	assert_non_null(files);
	while (fgets(path, sizeof(path), files)) {
		static char bytes[8 << 20];
		struct span all;
		FILE *file;
		size_t at;

		path[strcspn(path, "\n")] = '\0';
		file = fopen(path, "r+b");
		assert_non_null(file);
		all = span(bytes, fread(bytes, 1, sizeof(bytes), file));
		at = span_find(all, text);
		if (at != SIZE_MAX && fseek(file, (long)at, SEEK_SET) == 0)
			found += fputc('X', file) == 'X';
		fclose(file);
	}
	pclose(files);
	assert_true(found > 0);
}

/* A message whose octets are lost costs that message alone, and the client is told. */
static void test_rot(void **state)
{
	char dir[] = "/tmp/barid-fetch-XXXXXX", command[100];
	struct bench local;
	struct client r;

	assert_non_null(mkdtemp(dir));
	bench_init(&local, dir);
	client_open(&r, &local, 1);
	client_append(&r, "INBOX", "", SPAN("Subject: bad\r\n\r\nthis one will rot\r\n"));
	client_append(&r, "INBOX", "", SPAN("Subject: good\r\n\r\nthis one will stay\r\n"));
	client_select(&r, "INBOX");
	rot(dir, SPAN("this one will rot"));
	client_says(&r, "FETCH 1:2 (UID BODY.PEEK[])",
		"* 1 FETCH (UID 1 BODY[] NIL)\r\n"
		"* 2 FETCH (UID 2 BODY[] {37}\r\nSubject: good\r\n\r\nthis one will stay\r\n)\r\n"
		"NO [SERVERBUG] ");
	client_says(&r, "SEARCH BODY this", "* SEARCH 2\r\nOK Search completed; some messages cannot be read");
	client_says(&r, "FETCH 1:2 FLAGS", "* 1 FETCH (FLAGS (\\Recent))\r\n* 2 FETCH (FLAGS (\\Recent))\r\nOK ");
	client_close(&r);
	bench_fini(&local);
	snprintf(command, sizeof(command), "rm -rf %s", dir);
	assert_int_equal(system(command), 0);
}

int main(void)
{
	const struct CMUnitTest all[] = {
		cmocka_unit_test_setup_teardown(test_rows, begin, end),
		cmocka_unit_test_setup_teardown(test_structure, begin, end),
		cmocka_unit_test_setup_teardown(test_octets, begin, end),
		cmocka_unit_test_setup_teardown(test_seen, begin, end),
		cmocka_unit_test_setup_teardown(test_expunged_elsewhere, begin, end),
		cmocka_unit_test_setup_teardown(test_large, begin, end),
		cmocka_unit_test(test_rot),
	};

	return cmocka_run_group_tests(all, NULL, NULL);
}

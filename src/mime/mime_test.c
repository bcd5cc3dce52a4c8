/* Whole messages: the texts of ENVELOPE, BODY and BODYSTRUCTURE, and the limits. */
#include "mime/parse_test.h"

#define NO_ENVELOPE  "(NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL)"
#define NO_EXTENSION " NIL NIL NIL NIL)"
#define PLAIN        "\"text\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL \"7bit\" "

static void a_simple_message(void **state)
{
	(void)state;
	assert_texts(SPAN("Date: Wed, 17 Jul 1996 02:23:25 -0700 (PDT)\r\n"
			  "From: Terry Gray <gray@cac.washington.edu>\r\n"
			  "Subject: IMAP4rev1 WG mtg\r\n summary \"x\\y\"\r\n"
			  "To: imap@cac.washington.edu\r\n"
			  "Cc: minutes@CNRI.Reston.VA.US, John Klensin <KLENSIN@MIT.EDU>\r\n"
			  "Message-Id: <B27397-0100000@cac.washington.edu>\r\n"
			  "In-Reply-To:\r\n"
			  "MIME-Version: 1.0\r\n"
			  "Content-Type: TEXT/PLAIN; CHARSET=US-ASCII\r\n"
			  "\r\n"
			  "one\r\ntwo\r\n"),
		"(\"Wed, 17 Jul 1996 02:23:25 -0700 (PDT)\" \"IMAP4rev1 WG mtg summary \\\"x\\\\y\\\"\" "
		"((\"Terry Gray\" NIL \"gray\" \"cac.washington.edu\")) "
		"((\"Terry Gray\" NIL \"gray\" \"cac.washington.edu\")) "
		"((\"Terry Gray\" NIL \"gray\" \"cac.washington.edu\")) "
		"((NIL NIL \"imap\" \"cac.washington.edu\")) "
		"((NIL NIL \"minutes\" \"CNRI.Reston.VA.US\")(\"John Klensin\" NIL \"KLENSIN\" \"MIT.EDU\")) NIL "
		"\"\" \"<B27397-0100000@cac.washington.edu>\")",
		"(\"TEXT\" \"PLAIN\" (\"CHARSET\" \"US-ASCII\") NIL NIL \"7bit\" 10 2)",
		"(\"TEXT\" \"PLAIN\" (\"CHARSET\" \"US-ASCII\") NIL NIL \"7bit\" 10 2 NIL NIL NIL NIL)");
}

static void raw_octets_go_as_literals(void **state)
{
	(void)state;
	assert_texts(SPAN("Subject: سلام\r\nFrom: \"عمر\" <u@x>\r\nMessage-ID: a\0b\r\n\r\n"),
		"(NIL {8}\r\nسلام (({6}\r\nعمر NIL \"u\" \"x\")) (({6}\r\nعمر NIL \"u\" \"x\")) "
		"(({6}\r\nعمر NIL \"u\" \"x\")) NIL NIL NIL NIL \"a?b\")",
		NULL, NULL);
}

static void repeated_fields(void **state)
{
	(void)state;
	assert_texts(SPAN("Subject: first\nSubject: second\nTo: a@b\nTo: c@d\nReply-To: \nFrom: x@y\n\n"),
		"(NIL \"first\" ((NIL NIL \"x\" \"y\")) ((NIL NIL \"x\" \"y\")) ((NIL NIL \"x\" \"y\")) "
		"((NIL NIL \"a\" \"b\")(NIL NIL \"c\" \"d\")) NIL NIL NIL NIL)",
		NULL, NULL);
}

static void odd_ends(void **state)
{
	(void)state;
	assert_texts(SPAN(""), NO_ENVELOPE, "(" PLAIN "0 0)", "(" PLAIN "0 0" NO_EXTENSION);
	assert_texts(SPAN("\r\n"), NO_ENVELOPE, "(" PLAIN "0 0)", NULL);
	assert_texts(SPAN("\r\nbody only"), NO_ENVELOPE, "(" PLAIN "9 0)", NULL);
	assert_texts(SPAN("Subject: x"), "(NIL \"x\" NIL NIL NIL NIL NIL NIL NIL NIL)", "(" PLAIN "0 0)", NULL);
	assert_texts(SPAN("Subject: x\n\na\nb\n"), NULL, "(" PLAIN "4 2)", NULL);
	assert_texts(SPAN("Subject: x\r\n\r\n\0\0\r\r\n"), NULL, "(" PLAIN "5 1)", NULL);
}

static void broken_types_are_text(void **state)
{
	(void)state;
	assert_texts(SPAN("Content-Type: text\n\nx"), NULL, "(" PLAIN "1 0)", NULL);
	assert_texts(SPAN("Content-Type: /\nContent-ID:\n\nx"), NULL,
		"(\"text\" \"plain\" (\"charset\" \"us-ascii\") \"\" NIL \"7bit\" 1 0)", NULL);
	assert_texts(SPAN("Content-Type: multipart/mixed\n\nx\n"), NULL, "(" PLAIN "2 1)", NULL);
	assert_texts(SPAN("Content-Type: image/png junk; x=\n\nx\n"), NULL,
		"(\"image\" \"png\" (\"x\" \"\") NIL NIL \"7bit\" 2)", NULL);
	assert_texts(SPAN("Content-Transfer-Encoding: \"q\"\n\n"), NULL, "(" PLAIN "0 0)", NULL);
}

static void parameters(void **state)
{
	(void)state;
	assert_texts(
		SPAN("Content-Type: application/pdf; name=my file (1).pdf; (c) x=\"a\\\"b\\\\\"; y\r\n"
		     "Content-Disposition: attachment;\r\n filename*0*=utf-8''%D8%A7; FileName*1=\" b%\";\r\n"
		     " filename*2*=%20c; size=1\r\n"
		     "Content-Language: ar, fa\r\nContent-Location: http://x/\r\n y\r\nContent-MD5: Q2hlY2s=\r\n\r\n"),
		NULL, NULL,
		"(\"application\" \"pdf\" (\"name\" \"my file\" \"x\" \"a\\\"b\\\\\") NIL NIL \"7bit\" 0 "
		"\"Q2hlY2s=\" (\"attachment\" (\"filename*\" \"utf-8''%D8%A7%20b%25%20c\" \"size\" \"1\")) "
		"(\"ar\" \"fa\") \"http://x/ y\")");
	assert_texts(SPAN("Content-Type: a/b; n*1=b; n*0=a; m*0=x; m*1*=%41; o*2=z; p*=us-ascii'en'q\r\n\r\n"), NULL,
		"(\"a\" \"b\" (\"n\" \"ab\" \"m*\" \"utf-8''x%41\" \"o*2\" \"z\" \"p*\" \"us-ascii'en'q\") NIL NIL "
		"\"7bit\" 0)",
		NULL);
	assert_texts(SPAN("Content-Type: multipart/mixed; boundary*0=a; boundary*1=b\n\n--ab\n\nx\n--ab--\n"), NULL,
		"((" PLAIN "1 0) \"mixed\")", NULL);
	assert_texts(SPAN("Content-Disposition:\nContent-Language: en\n\n"), NULL, NULL,
		"(" PLAIN "0 0 NIL NIL (\"en\") NIL)");
	assert_texts(
		SPAN("Content-Disposition: inline\n\n"), NULL, NULL, "(" PLAIN "0 0 NIL (\"inline\" NIL) NIL NIL)");
}

static void an_alternative(void **state)
{
	(void)state;
	assert_texts(SPAN("Content-Type: multipart/alternative; boundary=\"=_b\"\r\n\r\npreamble\r\n"
			  "--=_b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nسلام\r\n"
			  "--=_b  \r\nContent-Type: text/html; charset=gb2312\r\nContent-Transfer-Encoding: "
			  "BASE64\r\n\r\nxx\r\n\r\n"
			  "--=_b--\r\nepilogue\r\n--=_b\r\n"),
		NULL,
		"((\"text\" \"plain\" (\"charset\" \"utf-8\") NIL NIL \"7bit\" 8 0)"
		"(\"text\" \"html\" (\"charset\" \"gb2312\") NIL NIL \"BASE64\" 4 1) \"alternative\")",
		"((\"text\" \"plain\" (\"charset\" \"utf-8\") NIL NIL \"7bit\" 8 0" NO_EXTENSION
		"(\"text\" \"html\" (\"charset\" \"gb2312\") NIL NIL \"BASE64\" 4 1" NO_EXTENSION
		" \"alternative\" (\"boundary\" \"=_b\") NIL NIL NIL)");
}

static void a_message_in_a_message(void **state)
{
	(void)state;
	assert_texts(SPAN("Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: message/rfc822\r\n\r\n"
			  "Subject: in\r\nContent-Type: text/html\r\n\r\na\r\nb\r\n--b--\r\n"),
		NULL,
		"((\"message\" \"rfc822\" NIL NIL NIL \"7bit\" 44 (NIL \"in\" NIL NIL NIL NIL NIL NIL NIL NIL) "
		"(\"text\" \"html\" (\"charset\" \"us-ascii\") NIL NIL \"7bit\" 4 1) 4) \"mixed\")",
		"((\"message\" \"rfc822\" NIL NIL NIL \"7bit\" 44 (NIL \"in\" NIL NIL NIL NIL NIL NIL NIL NIL) "
		"(\"text\" \"html\" (\"charset\" \"us-ascii\") NIL NIL \"7bit\" 4 1 NIL NIL NIL NIL) 4 NIL NIL NIL "
		"NIL) "
		"\"mixed\" (\"boundary\" \"b\") NIL NIL NIL)");
	assert_texts(SPAN("Content-Type: message/global\r\n\r\nSubject: x\r\n\r\n"), NULL,
		"(\"message\" \"global\" NIL NIL NIL \"7bit\" 14)", NULL);
}

static void a_digest(void **state)
{
	(void)state;
	assert_texts(SPAN("Content-Type: multipart/digest; boundary=b\n\n--b\n\nSubject: x\n\nbody\n--b\n--b--\n"),
		NULL,
		"((\"message\" \"rfc822\" NIL NIL NIL \"7bit\" 16 (NIL \"x\" NIL NIL NIL NIL NIL NIL NIL NIL) (" PLAIN
		"4 0) 2)(\"message\" \"rfc822\" NIL NIL NIL \"7bit\" 0 " NO_ENVELOPE " (" PLAIN "0 0) 0) \"digest\")",
		NULL);
}

static void boundaries(void **state)
{
	(void)state;
	/* a prefix of the other: the longest counts */
	assert_texts(
		SPAN("Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: multipart/mixed; boundary=bb\n\n"
		     "--bb\n\n1\n--bb\n\n2\n--bb--\n--b\n\n3\n--b--\n"),
		NULL, "(((" PLAIN "1 0)(" PLAIN "1 0) \"mixed\")(" PLAIN "1 0) \"mixed\")", NULL);
	/* the outer one ends the inner that was never closed */
	assert_texts(
		SPAN("Content-Type: multipart/mixed; boundary=a\n\n--a\nContent-Type: multipart/mixed; boundary=b\n\n"
		     "--b\n\n1\n--a\n\n2"),
		NULL, "(((" PLAIN "1 0) \"mixed\")(" PLAIN "1 0) \"mixed\")", NULL);
	/* in the middle of a header */
	assert_texts(SPAN("Content-Type: multipart/mixed; boundary=a\n\n--a\nContent-Type: image/png\n--a\n\nx\n--a--"),
		NULL, "((\"image\" \"png\" NIL NIL NIL \"7bit\" 0)(" PLAIN "1 0) \"mixed\")", NULL);
	/* no part at all */
	assert_texts(
		SPAN("Content-Type: multipart/mixed; boundary=a\n\nx\n"), NULL, "((" PLAIN "0 0) \"mixed\")", NULL);
	assert_texts(SPAN("Content-Type: multipart/digest; boundary=a\n\n--a--\n"), NULL, "((" PLAIN "0 0) \"digest\")",
		NULL);
	assert_texts(SPAN("Content-Type: multipart/mixed; boundary=a"), NULL, "((" PLAIN "0 0) \"mixed\")", NULL);
	/* not at the start of a line, not the whole of it */
	assert_texts(SPAN("Content-Type: multipart/mixed; boundary=abc\n\n--abc\n\n --abc\n--ab\n-\n--\n--abc"), NULL,
		"((" PLAIN "16 3)(" PLAIN "0 0) \"mixed\")", NULL);
}

static struct buf repeat(const char *head, const char *again, size_t times, const char *tail)
{
	struct buf b;

	buf_init(&b, 64 << 20);
	buf_add(&b, span_of(head));
	for (size_t i = 0; i < times; i++)
		buf_add(&b, span_of(again));
	buf_add(&b, span_of(tail));
	return b;
}

/* The number of parts of a message that must be read in linear time and fit. */
static size_t count_parts(struct buf message)
{
	struct parsed p;
	size_t count;

	parse_pieces(&p, buf_span(&message), SIZE_MAX);
	count = mime_part_count(p.structure);
	parsed_fini(&p);
	buf_fini(&message);
	return count;
}

static void many_parts(void **state)
{
	(void)state;
	assert_int_equal(count_parts(repeat("Content-Type: multipart/mixed; boundary=a\n\n", "--a\n\nx\n", 200000, "")),
		MIME_PARTS_MAX);
	assert_int_equal(count_parts(repeat("Content-Type: multipart/digest; boundary=a\n\n", "--a\n\n\n", 200000, "")),
		MIME_PARTS_MAX);
	assert_true(count_parts(repeat("Content-Type: multipart/mixed; boundary=a\n\n",
			    "--a\nContent-Type: multipart/mixed; boundary=b\n\n--b\n", 100000, "")) <= MIME_PARTS_MAX);
	assert_true(count_parts(repeat("Content-Type: multipart/mixed; boundary=a\n\n",
			    "--a\nContent-Type: message/rfc822\n", 100000, "")) <= MIME_PARTS_MAX);
}

static void deep_nesting(void **state)
{
	(void)state;
	assert_int_equal(count_parts(repeat("", "Content-Type: message/rfc822\n\n", 100000, "")), MIME_DEPTH_MAX + 1);
	assert_int_equal(count_parts(repeat("", "Content-Type: multipart/mixed; boundary=a\n\n--a\n", 100000, "")),
		MIME_PARTS_MAX);
	assert_true(count_parts(repeat("",
			    "Content-Type: multipart/mixed; boundary=a\n\n--a\nContent-Type: message/rfc822\n\n",
			    100000, "")) <= MIME_PARTS_MAX);
}

static void what_is_too_deep_is_octets(void **state)
{
	struct buf message = repeat("", "Content-Type: message/rfc822\r\n\r\n", MIME_DEPTH_MAX + 1, "");
	struct parsed p;
	struct mime_part last;

	(void)state;
	parse_pieces(&p, buf_span(&message), SIZE_MAX);
	mime_part_at(p.structure, MIME_DEPTH_MAX, &last);
	assert_false(last.is_message);
	assert_span(last.type, "application");
	assert_span(last.subtype, "octet-stream");
	parsed_fini(&p);
	buf_fini(&message);
}

static void long_headers(void **state)
{
	(void)state;
	assert_int_equal(count_parts(repeat("Subject: ", "x", 3 << 20, "\r\n\r\nbody")), 1);
	assert_int_equal(count_parts(repeat("", "X: y\r\n", 500000, "\r\n")), 1);
	assert_int_equal(count_parts(repeat("Subject: x", "\r\n y", 500000, "\r\n\r\n")), 1);
	assert_int_equal(count_parts(repeat("To: ", "a@b,", 500000, "\r\n\r\n")), 1);
	assert_int_equal(count_parts(repeat("", "To: a:;\r\n", 200000, "\r\n")), 1);
	assert_int_equal(count_parts(repeat("From: ", "(", 1000000, "\r\n\r\n")), 1);
	assert_int_equal(count_parts(repeat("Content-Type: a/b", "; a*1=b", 200000, "\r\n\r\n")), 1);
	assert_int_equal(count_parts(repeat("Content-Type: a/b; a=\"", "\\\"", 400000, "\"\r\n\r\n")), 1);
	assert_int_equal(count_parts(repeat("Content-Language: ", "a,", 400000, "\r\n\r\n")), 1);
}

static void the_texts_have_a_bound(void **state)
{
	/* every part wants more than its share: names of 127 bytes, many parameters, addresses */
	struct buf part = repeat("--b\nContent-Type: message/rfc822\n\nFrom: ", "a@b,", 2000, "\nContent-Type: x/y");
	struct buf message;

	(void)state;
	for (int i = 0; i < 90; i++)
		buf_addf(&part, "; parameter%d=\"\\\"\\\"\\\"\\\"\\\"\\\"\\\"\"", i);
	buf_add_lit(&part, "\n\n");
	buf_add_byte(&part, 0);
	message = repeat("Content-Type: multipart/mixed; boundary=b\n\n", part.p, 700, "");
	assert_int_equal(count_parts(message), MIME_PARTS_MAX);
	buf_fini(&part);
}

static void the_longest_names_fit(void **state)
{
	char name[128] = {0};
	struct buf part, message;

	(void)state;
	memset(name, 'x', 127);
	buf_init(&part, 4096);
	buf_addf(&part, "--b\nContent-Type: message/rfc822\nContent-Transfer-Encoding: %.32s\n\n", name);
	buf_addf(&part,
		"Content-Type: %s/%s; charset=%.64s\nContent-Transfer-Encoding: %.32s\nContent-Disposition: %s\n\n",
		name, name, name, name, name);
	buf_add_byte(&part, 0);
	message = repeat("Subject: ", "\xff", 800000, "\nContent-Type: multipart/mixed; boundary=b\n\n");
	for (int i = 0; i < 600; i++)
		buf_add(&message, span_of(part.p));
	assert_int_equal(count_parts(message), MIME_PARTS_MAX);
	message = repeat("Content-Type: multipart/mixed; boundary=b\nComment: ", "\xff", 200000, "\nSubject: ");
	for (int i = 0; i < 400000; i++)
		buf_add_byte(&message, '"');
	buf_add_lit(&message, "\n\n");
	for (int i = 0; i < 600; i++)
		buf_add(&message, span_of(part.p));
	assert_int_equal(count_parts(message), MIME_PARTS_MAX);
	buf_fini(&part);
}

static void a_small_buffer_is_refused(void **state)
{
	struct mime_parser *parser = mime_parser_new();
	struct buf out;

	(void)state;
	buf_init(&out, 100);
	buf_add_lit(&out, "before");
	mime_parser_feed(parser, SPAN("Subject: a\r\n\r\n"));
	assert_int_equal(mime_parser_end(parser, &out), FAIL_TOO_BIG);
	assert_int_equal(out.n, 6);
	buf_fini(&out);
	mime_parser_free(parser);
	mime_parser_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_simple_message),
		cmocka_unit_test(raw_octets_go_as_literals),
		cmocka_unit_test(repeated_fields),
		cmocka_unit_test(odd_ends),
		cmocka_unit_test(broken_types_are_text),
		cmocka_unit_test(parameters),
		cmocka_unit_test(an_alternative),
		cmocka_unit_test(a_message_in_a_message),
		cmocka_unit_test(a_digest),
		cmocka_unit_test(boundaries),
		cmocka_unit_test(many_parts),
		cmocka_unit_test(deep_nesting),
		cmocka_unit_test(what_is_too_deep_is_octets),
		cmocka_unit_test(long_headers),
		cmocka_unit_test(the_texts_have_a_bound),
		cmocka_unit_test(the_longest_names_fit),
		cmocka_unit_test(a_small_buffer_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

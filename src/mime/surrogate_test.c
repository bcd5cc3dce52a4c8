/* Surrogates: what is shown, what is left out, and that nothing else changes. RFC 6858 §2. */
#include "mime/parse_test.h"

#include "base/utf8.h"
#include "mime/surrogate.h"

/* The surrogate of `message`, fed in pieces; how long it is measured to be, by passing over what is in no header. */
static void surrogate(struct span message, size_t prefix, size_t piece, struct buf *out, bool *changed_out)
{
	struct parsed p;
	struct mime_surrogate x, y;
	struct buf some;
	uint64_t size = 0;

	parse_pieces(&p, span_skip(message, prefix), SIZE_MAX);
	mime_surrogate_begin(&x, p.structure, prefix);
	mime_surrogate_begin(&y, p.structure, prefix);
	parsed_fini(&p);
	for (struct span left = message; left.n; left = span_skip(left, piece))
		mime_surrogate_feed(&x, span_first(left, piece), out);
	mime_surrogate_end(&x, out);
	buf_init(&some, MIME_SURROGATE_OUT_MAX);
	for (struct span left = message; left.n;) {
		uint64_t plain = mime_surrogate_plain(&y);
		size_t n = plain < left.n ? (size_t)plain : left.n;

		if (n)
			mime_surrogate_pass(&y, n);
		else
			mime_surrogate_feed(&y, span_first(left, 1), &some);
		size += n;
		left = span_skip(left, n ? n : 1);
	}
	mime_surrogate_end(&y, &some);
	assert_false(some.over || out->over);
	assert_int_equal(size + some.n, out->n);
	assert_int_equal(x.changed, y.changed);
	*changed_out = x.changed;
	mime_surrogate_fini(&x);
	mime_surrogate_fini(&y);
	buf_fini(&some);
}

static void becomes(const char *message, size_t prefix, const char *want)
{
	static const size_t pieces[] = {SIZE_MAX, 1, 2, 7, 61};

	for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
		struct buf out;
		bool changed;

		buf_init(&out, MIME_SURROGATE_OUT_MAX);
		surrogate(span_of(message), prefix, pieces[i], &out, &changed);
		assert_span(buf_span(&out), want);
		assert_int_equal(changed, strcmp(message, want) != 0);
		buf_fini(&out);
	}
}

/* One field as it comes out. */
static void field(const char *before, const char *after)
{
	char message[600], want[1200];

	snprintf(message, sizeof message, "X-Before: 1\r\n%s\r\nX-After: 2\r\n\r\nbody \xd8\xa8\r\n", before);
	snprintf(want, sizeof want, "X-Before: 1\r\n%s%sX-After: 2\r\n\r\nbody \xd8\xa8\r\n", after,
		*after ? "\r\n" : "");
	becomes(message, 0, want);
}

static void ascii_stays_as_it_is(void **state)
{
	(void)state;
	becomes("Subject: =?utf-8?b?w6k=?=\r\n folded\r\nno field\r\n\r\ncaf\xc3\xa9\r\n", 0,
		"Subject: =?utf-8?b?w6k=?=\r\n folded\r\nno field\r\n\r\ncaf\xc3\xa9\r\n");
	becomes("", 0, "");
	becomes("Subject: no end", 0, "Subject: no end");
	becomes("From: odd \"one <a@b>,,;\r\n\r\n", 0, "From: odd \"one <a@b>,,;\r\n\r\n");
}

static void subjects_are_encoded(void **state)
{
	(void)state;
	field("Subject: caf\xc3\xa9", "Subject: =?utf-8?b?Y2Fmw6k=?=");
	field("SUBJECT : caf\xe9", "SUBJECT: =?utf-8?b?Y2Fmw6k=?="); /* Latin-1 */
	field("Subject: =?utf-8?q?=C3=A9?=\r\n \xc3\xa9", "Subject: =?utf-8?b?w6kgw6k=?=");
	field("Subject: \xd8\xa8\xd8\xa8\xd8\xa8\xd8\xa8\xd8\xa8\xd8\xa8\xd8\xa8\xd8\xa8\xd8\xa8\xd8\xa8"
	      "\xd8\xa8\xd8\xa8\xd8\xa8\xd8\xa8\xd8\xa8\xd8\xa8\xd8\xa8\xd8\xa8",
		"Subject: =?utf-8?b?2KjYqNio2KjYqNio2KjYqNio2KjYqNio2KjYqNio2KjYqA==?=\r\n =?utf-8?b?2Kg=?=");
}

static void addresses_are_nobodys(void **state)
{
	(void)state;
	field("From: Zo\xc3\xab <zoe@example.org>", "From: =?utf-8?b?Wm/Dqw==?= <zoe@example.org>");
	field("To: Fred Foo <fred@\xc3\xa9.example>, b@example.org",
		"To: =?utf-8?b?RnJlZCBGb28gPGZyZWRAw6kuZXhhbXBsZT4=?= "
		"<invalid@internationalized-address.invalid>,\r\n b@example.org");
	field("Cc: \xc3\xa9@example.org", "Cc: =?utf-8?b?w6lAZXhhbXBsZS5vcmc=?= "
					  "<invalid@internationalized-address.invalid>");
	field("To: friends: \"Smith, J\" <j@x.example>, =?utf-8?q?=C3=A9?= <e@x.example>, \xc3\xa9 <f@x.example>;",
		"To: friends: \"Smith, J\" <j@x.example>,\r\n =?utf-8?q?=C3=A9?= <e@x.example>,\r\n "
		"=?utf-8?b?w6k=?= <f@x.example>;");
	field("Return-Path: <\xc3\xa9@example.org>", "Return-Path: <invalid@internationalized-address.invalid>");
	field("To: \"a b\"@example.org (\xc3\xa9)", "To: =?utf-8?b?w6k=?= <\"a b\"@example.org>");
}

static void parameters_are_left_out(void **state)
{
	(void)state;
	field("Content-Disposition: attachment; filename=\xc3\xa9; size=3", "Content-Disposition: attachment; size=3");
	field("Content-Type: text/plain; name=\"a;\xc3\xa9\"; charset=utf-8",
		"Content-Type: text/plain; charset=utf-8");
	field("Content-Type: text/\xc3\xa9", "");
}

static void others_are_left_out(void **state)
{
	(void)state;
	field("X-Note: \xc3\xa9\r\n\tmore\r\n  and more", "");
	field("Message-ID: <\xc3\xa9@example.org>", "");
	field("X-\xc3\xa9: 1", "");
	field("no field \xc3\xa9", "");
}

static void every_part_has_a_header(void **state)
{
	(void)state;
	becomes("Return-Path: <\xc3\xa9@x>\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\npre\xc3\xa9\r\n"
		"--b\r\nX: \xc3\xa9\r\n\r\nX: \xc3\xa9\r\n"
		"--b\r\nContent-Type: message/global\r\n\r\nSubject: \xc3\xa9\r\nX: "
		"\xc3\xa9\r\n\r\n\xc3\xa9\r\n--b--\r\n",
		21,
		"Return-Path: <invalid@internationalized-address.invalid>\r\n"
		"Content-Type: multipart/mixed; boundary=b\r\n\r\npre\xc3\xa9\r\n"
		"--b\r\n\r\nX: \xc3\xa9\r\n"
		"--b\r\nContent-Type: message/global\r\n\r\nSubject: =?utf-8?b?w6k=?=\r\n\r\n\xc3\xa9\r\n--b--\r\n");
}

static void long_fields(void **state)
{
	enum { LONG = 3 * MIME_SURROGATE_FIELD_MAX };
	static char message[LONG + 100];
	struct buf out;
	bool changed;

	(void)state;
	buf_init(&out, MIME_SURROGATE_OUT_MAX);
	memset(message, 'x', sizeof message);
	memcpy(message, "X-A: ", 5);
	memcpy(message + LONG, "\r\nX-B: 1\r\n\r\n", 13);
	surrogate(span_of(message), 0, 1000, &out, &changed); /* all ASCII: as it is */
	assert_span(buf_span(&out), message);
	assert_false(changed);
	buf_reset(&out);
	message[LONG - 1] = '\xe9'; /* seen too late */
	surrogate(span_of(message), 0, 1000, &out, &changed);
	assert_int_equal(out.n, strlen(message));
	assert_int_equal(out.p[LONG - 1], '?');
	assert_true(changed);
	buf_reset(&out);
	message[9] = '\xe9';
	surrogate(span_of(message), 0, 1000, &out, &changed);
	assert_span(buf_span(&out), "X-B: 1\r\n\r\n");
	buf_fini(&out);
}

/* The most that octets can grow to still fits MIME_SURROGATE_OUT_MAX. */
static void the_worst_list_fits(void **state)
{
	static char message[2 * MIME_SURROGATE_PIECE];
	size_t n = 0;
	struct buf out;
	bool changed;

	(void)state;
	while (n + 16 < sizeof message) {
		memcpy(message + n, n % 1000 < 9 ? "\r\nTo:\xc3\xa9,\xc3" : "\xc3\xa9,\xc3\xa9,\xc3\xa9,", 9);
		n += 9;
	}
	memcpy(message + n, "\r\n\r\n", 5);
	buf_init(&out, MIME_SURROGATE_OUT_MAX);
	surrogate(span_skip(span_of(message), 2), 0, MIME_SURROGATE_PIECE, &out, &changed);
	assert_true(changed && span_is_ascii(buf_span(&out)));
	buf_fini(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ascii_stays_as_it_is),
		cmocka_unit_test(subjects_are_encoded),
		cmocka_unit_test(addresses_are_nobodys),
		cmocka_unit_test(parameters_are_left_out),
		cmocka_unit_test(others_are_left_out),
		cmocka_unit_test(every_part_has_a_header),
		cmocka_unit_test(long_fields),
		cmocka_unit_test(the_worst_list_fits),
	};

	return cmocka_run_group_tests_name("mime/surrogate", tests, NULL, NULL);
}

/* Address lists, written back as RFC 3501 §7.4.2's tuples. */
#include "base/test.h"

#include "base/buf.h"
#include "mime/header.h"

static void add_part(struct buf *out, struct span s)
{
	if (s.p)
		buf_addf(out, "<%.*s>", SPAN_ARG(s));
	else
		buf_add_lit(out, "-");
}

static void add_tuple(void *context, const struct mime_address *a)
{
	struct buf *out = context;

	buf_add_lit(out, "(");
	add_part(out, a->name);
	add_part(out, a->route);
	add_part(out, a->mailbox);
	add_part(out, a->host);
	buf_add_lit(out, ")");
}

static void assert_addresses(struct span value, const char *want)
{
	struct buf out;

	buf_init(&out, 1 << 20);
	mime_addresses(value, 100, add_tuple, &out);
	if (!span_eq(buf_span(&out), span_of(want))) {
		print_error("got:  %.*s\nwant: %s\n", SPAN_ARG(buf_span(&out)), want);
		fail_msg("not expected");
	}
	buf_fini(&out);
}

static void plain_forms(void **state)
{
	(void)state;
	assert_addresses(SPAN(" a@b"), "(--<a><b>)");
	assert_addresses(SPAN("John Doe <j@d>, \"Q \\\"x\\\"\" <q@q>"), "(<John Doe>-<j><d>)(<Q \"x\">-<q><q>)");
	assert_addresses(SPAN("c@d (Name (nested\\)))"), "(<Name (nested))>-<c><d>)");
	assert_addresses(SPAN("J. R. Doe <x@y>"), "(<J. R. Doe>-<x><y>)");
	assert_addresses(SPAN("=?utf-8?Q?a=2C_b?= =?utf-8?B?eA==?=\r\n <x@y>"),
		"(<=?utf-8?Q?a=2C_b?= =?utf-8?B?eA==?=>-<x><y>)");
	assert_addresses(SPAN("عمر <u@مثال.com>"), "(<عمر>-<u><مثال.com>)");
}

static void groups(void **state)
{
	(void)state;
	assert_addresses(SPAN("undisclosed-recipients:;"), "(--<undisclosed-recipients>-)(----)");
	assert_addresses(SPAN("My Group: a@b, C <c@d>;, e@f"), "(--<My Group>-)(--<a><b>)(<C>-<c><d>)(----)(--<e><f>)");
	assert_addresses(SPAN("open: a@b"), "(--<open>-)(--<a><b>)(----)");
	assert_addresses(SPAN(";;:,a@b;"), "(--<a><b>)");
}

static void obsolete_forms(void **state)
{
	(void)state;
	assert_addresses(SPAN("<@r1,@r2:m@n>"), "(-<@r1,@r2><m><n>)");
	assert_addresses(SPAN("john . doe @ h . com"), "(--<john.doe><h.com>)");
	assert_addresses(SPAN(",, a@b,,"), "(--<a><b>)");
	assert_addresses(SPAN("\"a b\"@c, \"\"@h, \"x@y\"@z"), "(--<a b><c>)(--<><h>)(--<x@y><z>)");
	assert_addresses(SPAN("u@[1.2.3.4]"), "(--<u><[1.2.3.4]>)");
}

static void broken_forms(void **state)
{
	(void)state;
	assert_addresses(SPAN(""), "");
	assert_addresses(SPAN("<>, (only), \"\""), "");
	assert_addresses(SPAN("plain"), "(--<plain><>)");
	assert_addresses(SPAN("foo@bar.com <foo@bar.com>"), "(<foo@bar.com>-<foo><bar.com>)");
	assert_addresses(SPAN("a@b; c@d"), "(--<a><b>)(--<c><d>)");
	assert_addresses(SPAN("<a@b> <c@d> trailing, e@f"), "(--<a><b>)(--<c><d>)(--<e><f>)");
	assert_addresses(SPAN("<a@b> (After)"), "(<After>-<a><b>)");
	assert_addresses(SPAN("q <r@s"), "(<q>-<r><s>)");
	assert_addresses(SPAN("<<a@b>>"), "(--<a><b>)");
	assert_addresses(SPAN("<a, b@c>"), "(--<a><>)(--<b><c>>)");
	assert_addresses(SPAN("\"unclosed <a@b>"), "(--<unclosed <a@b>><>)");
	assert_addresses(SPAN("a@b (unclosed \\"), "(<unclosed \\>-<a><b>)");
	assert_addresses(SPAN("a@b\\"), "(--<a><b\\>)");
	assert_addresses(SPAN("x@y junk here"), "(--<x><y>)");
}

static void count(void *context, const struct mime_address *a)
{
	*(size_t *)context += a->mailbox.p != NULL;
}

static void lists_are_linear_and_limited(void **state)
{
	static const char *seeds[] = {
		"a@b,", "<a@b>", "(", "\"", "((a)) a@b,", "a:b;", "<@a,", ". . ", "\\", "@", "a@b (c) (d) "};

	(void)state;
	for (size_t i = 0; i < sizeof seeds / sizeof *seeds; i++) {
		struct buf in;
		size_t n = 0;

		buf_init(&in, 1 << 20);
		while (!buf_add(&in, span_of(seeds[i]))) {
		}
		mime_addresses(buf_span(&in), SIZE_MAX, count, &n);
		assert_true(i != 0 || n == (1 << 20) / 4);
		n = 0;
		mime_addresses(buf_span(&in), 3, count, &n);
		assert_true(n <= 3);
		buf_fini(&in);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain_forms),
		cmocka_unit_test(groups),
		cmocka_unit_test(obsolete_forms),
		cmocka_unit_test(broken_forms),
		cmocka_unit_test(lists_are_linear_and_limited),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

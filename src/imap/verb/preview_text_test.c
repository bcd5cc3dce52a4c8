/* Previews: RFC 8970. */
#include "base/test.h"

#include "imap/verb/preview_text.h"

static void check(const char *text, bool html, const char *want)
{
	struct buf out;

	buf_init(&out, PREVIEW_OCTETS);
	preview_text(span_of(text), html, &out);
	if (!span_eq(buf_span(&out), span_of(want)))
		fail_msg("\"%s\" became \"%.*s\"", text, SPAN_ARG(buf_span(&out)));
	buf_fini(&out);
}

static void plain(void **state)
{
	(void)state;
	check("", false, "");
	check("Hello\r\n\r\n  world \t!\r\n", false, "Hello world !");
	check("> you wrote\r\n>> more\r\nYes.\r\n", false, "Yes.");
	check("a\x01\x02z\x7f", false, "az");
	check("a\xc2\xa0\xe3\x80\x80z", false, "a z");
	check("\xff\xfe ok", false, "ok");
	check("السلام عليكم\r\n", false, "السلام عليكم");
	check("می‌خواهم", false, "می‌خواهم"); /* the joiner between is part of the word */
	check("邮件 到了", false, "邮件 到了");
}

static void html(void **state)
{
	(void)state;
	check("<p>Hello <b>w</b>orld</p><p>Next</p>", true, "Hello world Next");
	check("<head><title>T</title><style>p{color:red}</style></head><body>x<script>a<b</script>y", true, "x y");
	check("a &amp; b &lt;c&gt; &#1576;&#x628; &nosuch; & d", true, "a & b <c> بب &nosuch; & d");
	check("<!-- a > b -->text", true, "text");
	check("<p", true, "");
	check("a<br>b<blockquote>quoted</blockquote>c", true, "a b c");
	check("&#xd800;&#0;&#99999999;x", true, "&#xd800;&#0;&#99999999;x");
	check("<style>never ends", true, "");
}

static void cut(void **state)
{
	struct buf text, out;

	(void)state;
	for (int html = 0; html < 2; html++) {
		buf_init(&text, 1 << 20);
		buf_init(&out, PREVIEW_OCTETS);
		for (int i = 0; i < 1000; i++)
			buf_add_lit(&text, "邮😀 ");
		preview_text(buf_span(&text), html, &out);
		assert_false(out.over);
		assert_int_equal(out.n, 66 * 8 + 7); /* "邮😀 " 66 times and once without the space: 200 characters */
		buf_fini(&text);
		buf_fini(&out);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain),
		cmocka_unit_test(html),
		cmocka_unit_test(cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

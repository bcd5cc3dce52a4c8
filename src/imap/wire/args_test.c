/* Arguments, flags and printed strings. */
#include "base/test.h"

#include "imap/wire/args.h"
#include "imap/wire/flags.h"
#include "imap/wire/id.h"
#include "imap/wire/print.h"
#include "imap/wire/verbs.h"

static struct arena arena;

static int set_up(void **state)
{
	(void)state;
	arena_init(&arena, 1 << 20);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	arena_fini(&arena);
	return 0;
}

static struct args on(const char *text)
{
	struct args a;

	args_init(&a, span_of(text), &arena);
	return a;
}

static void is(struct span got, const char *want)
{
	assert_int_equal(got.n, strlen(want));
	assert_memory_equal(got.p, want, got.n);
}

static void strings(void **state)
{
	struct args a = on("atom \"quo\\\"ted\\\\\" {5}\r\nli te \"\" NIL nil {2+}\r\nxy in]box \"\xd8\xa8\"");
	struct span s;

	(void)state;
	assert_true(args_astring(&a, &s));
	is(s, "atom");
	assert_true(args_sp(&a) && args_astring(&a, &s));
	is(s, "quo\"ted\\");
	assert_true(args_sp(&a) && args_astring(&a, &s));
	is(s, "li te");
	assert_true(args_sp(&a) && args_string(&a, &s));
	is(s, "");
	assert_true(args_sp(&a) && args_nstring(&a, &s));
	assert_null(s.p);
	assert_true(args_sp(&a) && args_astring(&a, &s));
	is(s, "nil");
	assert_true(args_sp(&a) && args_string(&a, &s));
	is(s, "xy");
	assert_true(args_sp(&a) && args_astring(&a, &s));
	is(s, "in]box");
	assert_true(args_sp(&a) && args_string(&a, &s));
	is(s, "\xd8\xa8");
	assert_true(args_end(&a));
}

static void wrong_strings(void **state)
{
	static const char *const wrong[] = {"", "\"open", "\"a\\", "\"a\\b\"", "{5}\r\nabc", "{x}\r\n", "(", "\"a\rb\"",
		"{99999999999999999999}\r\n", "~{1}\r\na"};
	struct span s;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		struct args a = on(wrong[i]);

		assert_false(args_string(&a, &s));
		assert_non_null(a.error);
	}
}

static void numbers(void **state)
{
	struct args a = on("0 4294967295 4294967296");
	uint32_t n;

	(void)state;
	assert_true(args_number(&a, &n) && n == 0);
	assert_true(args_sp(&a) && args_nz_number(&a, &n) && n == 4294967295u);
	assert_true(args_sp(&a));
	assert_false(args_number(&a, &n));
	a = on("0");
	assert_false(args_nz_number(&a, &n));
}

static void nesting_has_a_limit(void **state)
{
	struct args a = on("(((((((((((((((((((");

	(void)state;
	for (int i = 0; i < ARGS_DEPTH_MAX; i++)
		assert_true(args_open(&a));
	assert_false(args_open(&a));
	a = on(")");
	assert_false(args_close(&a));
}

static void flags(void **state)
{
	struct args a = on("(\\Seen \\deleted $Junk $junk nonjunk)");
	struct flag_set set;

	(void)state;
	assert_true(args_flag_list(&a, false, &set));
	assert_int_equal(set.system, MESSAGE_SEEN | MESSAGE_DELETED);
	assert_int_equal(set.keyword_count, 2);
	is(set.keywords[0], "$Junk");
	is(set.keywords[1], "nonjunk");
	assert_true(args_end(&a));
	a = on("()");
	assert_true(args_flag_list(&a, false, &set) && set.system == 0 && set.keyword_count == 0);
	a = on("\\Flagged x");
	assert_true(args_flag_list(&a, true, &set) && set.system == MESSAGE_FLAGGED && set.keyword_count == 1);
	a = on("\\Flagged");
	assert_false(args_flag_list(&a, false, &set));
	a = on("(\\Recent)");
	assert_false(args_flag_list(&a, false, &set));
	a = on("(\\Nonsense)");
	assert_false(args_flag_list(&a, false, &set));
	a = on("(a b");
	assert_false(args_flag_list(&a, false, &set));
}

static void mailboxes(void **state)
{
	struct args a = on("\"Entw&APw-rfe\" R&-D foo/% \"*\"");
	struct span s;

	(void)state;
	assert_true(args_mailbox(&a, &s));
	is(s, "Entw\xc3\xbcrfe");
	assert_true(args_sp(&a) && args_mailbox(&a, &s));
	is(s, "R&D");
	assert_true(args_sp(&a) && args_list_mailbox(&a, &s));
	is(s, "foo/%");
	assert_true(args_sp(&a) && args_list_mailbox(&a, &s));
	is(s, "*");
}

static void message_literal(void **state)
{
	struct args a = on("{310}");
	uint64_t n;

	(void)state;
	assert_true(args_message_literal(&a, &n) && n == 310);
	a = on("{310+}");
	assert_true(args_message_literal(&a, &n) && n == 310);
	a = on("{310} ");
	assert_false(args_message_literal(&a, &n));
	a = on("~{310}");
	assert_true(args_message_literal(&a, &n) && n == 310);
	a = on("~~{310}");
	assert_false(args_message_literal(&a, &n));
}

static void heads(void **state)
{
	struct args a = on("a.1 uid fetch 1 FLAGS");
	struct capabilities set = {0};
	struct head h;

	(void)state;
	assert_true(head_take(&a, &h));
	is(h.tag, "a.1");
	assert_true(h.uid && h.verb == VERB_FETCH);
	is(a.rest, "1 FLAGS");
	a = on("a noop");
	assert_true(head_take(&a, &h) && h.verb == VERB_NOOP && a.rest.n == 0);
	a = on("a uid noop");
	assert_true(head_take(&a, &h) && h.verb == VERB_COUNT);
	a = on("a frobnicate x");
	assert_true(head_take(&a, &h) && h.verb == VERB_COUNT);
	a = on("a+b noop");
	assert_false(head_take(&a, &h));
	assert_null(h.tag.p);
	a = on("a");
	assert_false(head_take(&a, &h));
	is(h.tag, "a");
	capabilities_switch_off(&set, SPAN("sort, idle,appendlimit TOP imap4rev1"));
	a = on("a idle");
	a.capabilities = &set;
	assert_true(head_take(&a, &h) && h.verb == VERB_COUNT);
	assert_false(capability_on(&set, CAPABILITY_APPENDLIMIT));
	assert_true(capability_on(&set, CAPABILITY_MOVE));
	assert_true(capability_on(&set, CAPABILITY_IMAP4rev1));
}

static void ids(void **state)
{
	static const char *const right[] = {"", "NIL", "nil", "()", "(\"name\" \"x\" \"version\" NIL)"};
	static const char *const wrong[] = {"x", "(\"name\")", "(\"name\" \"x\"", "(name \"x\")"};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(right); i++) {
		struct args a = on(right[i]);

		assert_true(args_id(&a) && args_end(&a));
	}
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		struct args a = on(wrong[i]);

		assert_false(args_id(&a) && args_end(&a));
	}
}

static void printed(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 4096);
	print_astring(&b, SPAN("INBOX"));
	buf_add_byte(&b, ' ');
	print_astring(&b, SPAN("a b"));
	buf_add_byte(&b, ' ');
	print_astring(&b, SPAN("nil"));
	buf_add_byte(&b, ' ');
	print_string(&b, SPAN("q\"\\"));
	buf_add_byte(&b, ' ');
	print_string(&b, SPAN("l\r\n"));
	buf_add_byte(&b, ' ');
	print_nstring(&b, span(NULL, 0));
	buf_add_byte(&b, ' ');
	print_mailbox(&b,
		SPAN("B\xc3\xbc"
		     "cher & mehr"),
		false);
	is(buf_span(&b), "INBOX \"a b\" \"nil\" \"q\\\"\\\\\" {3}\r\nl\r\n NIL \"B&APw-cher &- mehr\"");
	buf_fini(&b);
}

static void capabilities(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 4096);
	print_capabilities(&b, &(struct capability_view){.tls_startable = true});
	is(buf_span(&b), "IMAP4rev1 ENABLE ID IDLE LITERAL+ LOGINDISABLED SASL-IR STARTTLS");
	buf_reset(&b);
	print_capabilities(&b, &(struct capability_view){.secret_ok = true});
	is(buf_span(&b), "IMAP4rev1 AUTH=LOGIN AUTH=PLAIN ENABLE ID IDLE LITERAL+ SASL-IR");
	buf_reset(&b);
	print_capabilities(&b, &(struct capability_view){.logged_in = true, .append_limit = 4096});
	assert_true(span_starts(buf_span(&b), SPAN("IMAP4rev1 APPENDLIMIT=4096 ")));
	assert_true(span_find(buf_span(&b), SPAN(" UIDPLUS ")) != SIZE_MAX);
	assert_true(span_find(buf_span(&b), SPAN("AUTH=")) == SIZE_MAX);
	buf_fini(&b);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(strings),
		TEST(wrong_strings),
		TEST(numbers),
		TEST(nesting_has_a_limit),
		TEST(flags),
		TEST(mailboxes),
		TEST(message_literal),
		TEST(heads),
		TEST(ids),
		TEST(printed),
		TEST(capabilities),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "base/test.h"

#include "imap/verb/fetch_items.h"
#include "mime/header.h"

#define PREFIX "Return-Path: <a@example.org>\r\n"
#define TOP                                                                                                            \
	"From: Amal <amal@example.org>\r\n"                                                                            \
	"Subject: nested\r\n"                                                                                          \
	" and folded\r\n"                                                                                              \
	"Content-Type: multipart/mixed; boundary=outer\r\n"                                                            \
	"\r\n"
#define MIME_2       "Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n\r\n"
#define INNER_HEADER "Subject: inside\r\nTo: you@example.org\r\nContent-Type: multipart/mixed; boundary=inner\r\n\r\n"
#define INNER_TEXT   "--inner\r\n\r\nthree one\r\n--inner\r\nContent-Type: text/html\r\n\r\n<p>\r\n--inner--\r\n"
#define MIME_41      "Content-Type: image/gif\r\n\r\n"
#define LAST_HEADER  "Subject: last\r\n\r\n"
#define BODY                                                                                                           \
	"preamble\r\n"                                                                                                 \
	"--outer\r\n"                                                                                                  \
	"\r\n"                                                                                                         \
	"one\r\n"                                                                                                      \
	"--outer\r\n" MIME_2 "dHdv\r\n"                                                                                \
	"--outer\r\n"                                                                                                  \
	"Content-Type: message/rfc822\r\n"                                                                             \
	"\r\n" INNER_HEADER INNER_TEXT "\r\n"                                                                          \
	"--outer\r\n"                                                                                                  \
	"Content-Type: multipart/mixed; boundary=four\r\n"                                                             \
	"\r\n"                                                                                                         \
	"--four\r\n" MIME_41 "GIF\r\n"                                                                                 \
	"--four\r\n"                                                                                                   \
	"Content-Type: message/rfc822\r\n"                                                                             \
	"\r\n" LAST_HEADER "the end\r\n"                                                                               \
	"--four--\r\n"                                                                                                 \
	"--outer--\r\n"

struct message_bytes {
	struct span all;
	uint32_t prefix;
	struct buf structure;
	struct arena arena;
	const struct mime_structure *mime;
};

static void parse_message(struct message_bytes *m, const char *prefix, const char *text, struct span all)
{
	struct mime_parser *p = mime_parser_new();

	m->all = all;
	m->prefix = (uint32_t)strlen(prefix);
	buf_init(&m->structure, MIME_STRUCTURE_MAX);
	arena_init(&m->arena, MIME_STRUCTURE_MAX);
	mime_parser_feed(p, span_of(text));
	assert_int_equal(mime_parser_end(p, &m->structure), FAIL_NONE);
	mime_parser_free(p);
	assert_int_equal(mime_structure_open(buf_span(&m->structure), &m->arena, &m->mime), FAIL_NONE);
}

static void free_message(struct message_bytes *m)
{
	buf_fini(&m->structure);
	arena_fini(&m->arena);
}

/* What a FETCH of `item` answers, as one string; "(none)" when there is no such section. */
static void fetch(const struct message_bytes *m, const char *item, struct buf *out)
{
	struct arena arena;
	struct args args;
	struct fetch_items items;
	const struct section *s;
	struct section_extent e;

	arena_init(&arena, 1 << 20);
	args_init(&args, span_of(item), &arena);
	if (!args_fetch_items(&args, false, &items))
		fail_msg("%s: %s", item, args.error);
	s = &items.at[0].section;
	buf_reset(out);
	buf_add(out, items.at[0].name);
	buf_add_byte(out, '=');
	if (!section_extent(s, m->mime, m->prefix, m->all.n, &e)) {
		buf_add_lit(out, "(none)");
	} else if (s->part == SECTION_FIELDS || s->part == SECTION_FIELDS_NOT) {
		struct buf header;

		buf_init(&header, 1 << 20);
		buf_add(&header, span_first(span_skip(m->all, e.offset), e.length));
		section_filter(s, &header);
		e = section_cut(s, (struct section_extent){0, header.n});
		buf_add(out, span_first(span_skip(buf_span(&header), e.offset), e.length));
		buf_fini(&header);
	} else {
		e = section_cut(s, e);
		buf_add(out, span_first(span_skip(m->all, e.offset), e.length));
	}
	arena_fini(&arena);
}

struct row {
	const char *item, *answer;
};

static void check(const struct message_bytes *m, const struct row *rows, size_t n)
{
	struct buf out;

	buf_init(&out, 1 << 20);
	for (size_t i = 0; i < n; i++) {
		fetch(m, rows[i].item, &out);
		if (!span_eq(buf_span(&out), span_of(rows[i].answer)))
			fail_msg("%s:\n%.*s\nis not\n%s", rows[i].item, SPAN_ARG(buf_span(&out)), rows[i].answer);
	}
	buf_fini(&out);
}

static void test_nested(void **state)
{
	static const struct row rows[] = {
		{"BODY[]", "BODY[]=" PREFIX TOP BODY},
		{"body.peek[header]", "BODY[HEADER]=" PREFIX TOP},
		{"BODY[TEXT]", "BODY[TEXT]=" BODY},
		{"RFC822.HEADER", "RFC822.HEADER=" PREFIX TOP},
		{"RFC822.TEXT", "RFC822.TEXT=" BODY},
		{"RFC822", "RFC822=" PREFIX TOP BODY},
		{"BODY[1]", "BODY[1]=one"},
		{"BODY[1.MIME]", "BODY[1.MIME]=\r\n"},
		{"BODY[2]", "BODY[2]=dHdv"},
		{"BODY[2.MIME]", "BODY[2.MIME]=" MIME_2},
		{"BODY[3]", "BODY[3]=" INNER_HEADER INNER_TEXT},
		{"BODY[3.HEADER]", "BODY[3.HEADER]=" INNER_HEADER},
		{"BODY[3.TEXT]", "BODY[3.TEXT]=" INNER_TEXT},
		{"BODY[3.MIME]", "BODY[3.MIME]=Content-Type: message/rfc822\r\n\r\n"},
		{"BODY[3.1]", "BODY[3.1]=three one"},
		{"BODY[3.2]", "BODY[3.2]=<p>"},
		{"BODY[3.2.MIME]", "BODY[3.2.MIME]=Content-Type: text/html\r\n\r\n"},
		{"BODY[4.1]", "BODY[4.1]=GIF"},
		{"BODY[4.1.MIME]", "BODY[4.1.MIME]=" MIME_41},
		{"BODY[4.2.HEADER]", "BODY[4.2.HEADER]=" LAST_HEADER},
		{"BODY[4.2.TEXT]", "BODY[4.2.TEXT]=the end"},
		{"BODY[4.2.1]", "BODY[4.2.1]=the end"},
		{"BODY[3.HEADER.FIELDS (TO)]", "BODY[3.HEADER.FIELDS (TO)]=To: you@example.org\r\n\r\n"},
		/* what is not there */
		{"BODY[5]", "BODY[5]=(none)"},
		{"BODY[1.1]", "BODY[1.1]=(none)"},
		{"BODY[1.HEADER]", "BODY[1.HEADER]=(none)"},
		{"BODY[4.TEXT]", "BODY[4.TEXT]=(none)"},
		{"BODY[4.2.2]", "BODY[4.2.2]=(none)"},
	};
	struct message_bytes m;

	parse_message(&m, PREFIX, TOP BODY, SPAN(PREFIX TOP BODY));
	check(&m, rows, ARRAY_LEN(rows));
	free_message(&m);
}

static void test_fields(void **state)
{
	static const struct row rows[] = {
		{"BODY[HEADER.FIELDS (Subject)]",
			"BODY[HEADER.FIELDS (Subject)]=Subject: nested\r\n and folded\r\n\r\n"},
		{"BODY[HEADER.FIELDS (sUBJECT \"return-path\" X)]",
			"BODY[HEADER.FIELDS (sUBJECT return-path X)]=" PREFIX "Subject: nested\r\n and folded\r\n\r\n"},
		{"BODY[HEADER.FIELDS.NOT (Subject Content-Type)]",
			"BODY[HEADER.FIELDS.NOT (Subject Content-Type)]=" PREFIX
			"From: Amal <amal@example.org>\r\n\r\n"},
		{"BODY[HEADER.FIELDS (\"a b\")]", "BODY[HEADER.FIELDS (\"a b\")]=\r\n"},
		{"BODY[HEADER.FIELDS (Sub)]", "BODY[HEADER.FIELDS (Sub)]=\r\n"},
		{"BODY[HEADER.FIELDS (From)]<6.4>", "BODY[HEADER.FIELDS (From)]<6>=Amal"},
	};
	struct message_bytes m;

	parse_message(&m, PREFIX, TOP BODY, SPAN(PREFIX TOP BODY));
	check(&m, rows, ARRAY_LEN(rows));
	free_message(&m);
}

static void test_partial(void **state)
{
	static const struct row rows[] = {
		{"BODY[]<0.6>", "BODY[]<0>=Return"},
		{"BODY[1]<1.1>", "BODY[1]<1>=n"},
		{"BODY[1]<1.4294967295>", "BODY[1]<1>=ne"},
		{"BODY[1]<3.1>", "BODY[1]<3>="},
		{"BODY[1]<4294967295.4294967295>", "BODY[1]<4294967295>="},
		{"BODY[TEXT]<0.3>", "BODY[TEXT]<0>=pre"},
	};
	struct message_bytes m;

	parse_message(&m, PREFIX, TOP BODY, SPAN(PREFIX TOP BODY));
	check(&m, rows, ARRAY_LEN(rows));
	free_message(&m);
}

/* A message that is no multipart has the one part 1, its body; one without a blank line has a header alone. */
static void test_simple(void **state)
{
	static const struct row rows[] = {
		{"BODY[1]", "BODY[1]=text\r\n"},
		{"BODY[1.MIME]", "BODY[1.MIME]=Subject: x\r\n\r\n"},
		{"BODY[2]", "BODY[2]=(none)"},
		{"BODY[TEXT]", "BODY[TEXT]=text\r\n"},
		{"BODY[HEADER.FIELDS (subject)]", "BODY[HEADER.FIELDS (subject)]=Subject: x\r\n\r\n"},
	};
	static const struct row header_only[] = {
		{"BODY[HEADER]", "BODY[HEADER]=Subject: x\r\n"},
		{"BODY[HEADER.FIELDS (subject)]", "BODY[HEADER.FIELDS (subject)]=Subject: x\r\n"},
		{"BODY[TEXT]", "BODY[TEXT]="},
		{"BODY[1]", "BODY[1]="},
	};
	struct message_bytes m;

	parse_message(&m, "", "Subject: x\r\n\r\ntext\r\n", SPAN("Subject: x\r\n\r\ntext\r\n"));
	check(&m, rows, ARRAY_LEN(rows));
	free_message(&m);
	parse_message(&m, "", "Subject: x\r\n", SPAN("Subject: x\r\n"));
	check(&m, header_only, ARRAY_LEN(header_only));
	free_message(&m);
}

static bool parses(const char *items, bool uid, struct fetch_items *out, struct arena *arena)
{
	struct args args;

	args_init(&args, span_of(items), arena);
	return args_fetch_items(&args, uid, out);
}

static void test_items_accepted(void **state)
{
	struct arena arena;
	struct fetch_items items;

	arena_init(&arena, 1 << 20);
	assert_true(parses("ALL", false, &items, &arena));
	assert_int_equal(items.n, 4);
	assert_true(items.structure && items.flags && !items.sees);
	assert_true(parses("fast", true, &items, &arena));
	assert_int_equal(items.n, 4);
	assert_int_equal(items.at[0].kind, FETCH_UID);
	assert_false(items.structure);
	assert_true(parses("FULL", false, &items, &arena));
	assert_int_equal(items.at[4].kind, FETCH_BODY);
	assert_true(parses("(UID FLAGS)", true, &items, &arena));
	assert_int_equal(items.n, 2);
	assert_true(parses("BODY", false, &items, &arena));
	assert_true(items.structure && !items.sees);
	assert_true(parses("(BODY.PEEK[] RFC822.HEADER)", false, &items, &arena));
	assert_true(!items.sees);
	assert_true(parses("BODY[1.2.MIME]", false, &items, &arena));
	assert_true(items.sees && items.structure);
	assert_true(parses("BODY.PEEK[HEADER.FIELDS ({4}\r\nDate \"To\")]", false, &items, &arena));
	assert_true(span_eq(items.at[0].name, SPAN("BODY[HEADER.FIELDS (Date To)]")));
	arena_fini(&arena);
}

static void test_items_refused(void **state)
{
	static const char *const wrong[] = {"", "()", "(FLAGS", "FLAGS)", "FLAGS UID", "(ALL)", "ALL FLAGS", "FLAG",
		"FLAGSX", "BODY[", "BODY[1", "BODY[0]", "BODY[01.0]", "BODY[1.]", "BODY[.1]", "BODY[MIME]",
		"BODY[HEADER", "BODY[HEADERS]", "BODY[HEADER.FIELDS]", "BODY[HEADER.FIELDS ()]",
		"BODY[HEADER.FIELDS (a]", "BODY[TEXT]<0>", "BODY[TEXT]<.1>", "BODY[TEXT]<0.1",
		"BODY[TEXT]<4294967296.1>", "BODY[99999999999]", "BODY.PEEK", "FLAGS[]", "BODYSTRUCTURE[1]", "BODY []",
		"RFC822[]"};
	struct arena arena;
	struct fetch_items items;
	struct buf many;

	arena_init(&arena, 1 << 20);
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		if (parses(wrong[i], false, &items, &arena))
			fail_msg("'%s' is accepted", wrong[i]);
	}
	buf_init(&many, 1 << 20);
	for (int i = 0; i < FETCH_ITEMS_MAX; i++)
		buf_add(&many, span_of(i ? " UID" : "(UID"));
	buf_add_lit(&many, ")");
	buf_add_byte(&many, '\0');
	assert_true(parses(many.p, true, &items, &arena));
	assert_int_equal(items.n, FETCH_ITEMS_MAX);
	buf_truncate(&many, many.n - 2);
	buf_add_lit(&many, " UID)");
	buf_add_byte(&many, '\0');
	assert_false(parses(many.p, true, &items, &arena));
	buf_fini(&many);
	arena_fini(&arena);
}

int main(void)
{
	const struct CMUnitTest all[] = {
		cmocka_unit_test(test_nested),
		cmocka_unit_test(test_fields),
		cmocka_unit_test(test_partial),
		cmocka_unit_test(test_simple),
		cmocka_unit_test(test_items_accepted),
		cmocka_unit_test(test_items_refused),
	};

	return cmocka_run_group_tests(all, NULL, NULL);
}

#include "base/test.h"
#define WRONG(...)                                                                                                     \
	do {                                                                                                           \
		print_error(__VA_ARGS__);                                                                              \
		_fail(__FILE__, __LINE__);                                                                             \
	} while (0)

#include "imap/verb/search_key.h"

struct under_test {
	struct arena arena;
	struct args args;
	struct search_criteria criteria;
	struct why why;
};

static enum fail parse(struct under_test *t, const char *keys)
{
	arena_init(&t->arena, 1 << 20);
	args_init(&t->args, span_of(keys), &t->arena);
	return search_parse(&t->args, false, &t->criteria, &t->why);
}

static const struct message message = {
	.uid = 70,
	.flags = MESSAGE_SEEN | MESSAGE_FLAGGED,
	.size = 5000,
	.internal_date = 837596665, /* 17-Jul-1996 02:44:25 -0700 */
	.internal_zone = -420,
};

static const char header[] = "Return-Path: <amal@example.org>\r\n"
			     "From: =?utf-8?B?2KPZhdmE?= <amal@example.org>\r\n"
			     "To: \"Zhang Wei\" <wei@example.cn>,\r\n"
			     "\tnext@example.org\r\n"
			     "Cc: =?gb2312?B?1cXOsA==?= <wei@example.cn>\r\n"
			     "Subject: =?utf-8?Q?=C3=89t=C3=A9_et?= =?iso-8859-1?Q?_h=F4tel?=\r\n"
			     "Date: Mon, 1 Feb 1999 00:30:00 +0200\r\n"
			     "X-Empty:\r\n"
			     "X-Raw: \xd9\x86\xd8\xa7\xd9\x85\xd9\x87\r\n"
			     "\r\n";

/* The answer for the message, with what is left open at each stage checked to be monotonous. */
static enum search_truth ask(const char *keys, const char *body)
{
	struct under_test t;
	struct search_row row = {&message, 3, true};
	struct buf folded;
	enum search_truth truth;

	if (parse(&t, keys) != FAIL_NONE)
		WRONG("%s: %s %s", keys, t.args.error, t.why.text);
	for (struct search_key *k = t.criteria.root->child; k; k = k->next) {
		if (k->test == TEST_SEQUENCE)
			sequence_set_resolve(&k->set, 9);
		if (k->test == TEST_UIDS)
			sequence_set_resolve(&k->set, 100);
	}
	search_next(&t.criteria);
	truth = search_truth(&t.criteria, &row);
	if (t.criteria.cost == COST_ROW)
		assert_int_not_equal(truth, SEARCH_OPEN);
	search_header(&t.criteria, span_of(header));
	if (truth != SEARCH_OPEN)
		assert_int_equal(search_truth(&t.criteria, &row), truth);
	truth = search_truth(&t.criteria, &row);
	if (t.criteria.cost != COST_BODY)
		assert_int_not_equal(truth, SEARCH_OPEN);
	buf_init(&folded, 4096);
	search_fold(span_of(body), &folded);
	search_body(&t.criteria, buf_span(&folded));
	buf_fini(&folded);
	if (truth != SEARCH_OPEN)
		assert_int_equal(search_truth(&t.criteria, &row), truth);
	search_no_more(&t.criteria);
	truth = search_truth(&t.criteria, &row);
	assert_int_not_equal(truth, SEARCH_OPEN);
	arena_fini(&t.arena);
	return truth;
}

struct row {
	const char *keys;
	bool matches;
};

static void check(const struct row *rows, size_t n, const char *body)
{
	for (size_t i = 0; i < n; i++) {
		if ((ask(rows[i].keys, body) == SEARCH_TRUE) != rows[i].matches)
			WRONG("%s: not %d", rows[i].keys, rows[i].matches);
	}
}

static void test_rows(void **state)
{
	static const struct row rows[] = {
		{"ALL", true},
		{"SEEN", true},
		{"UNSEEN", false},
		{"FLAGGED UNANSWERED UNDELETED UNDRAFT", true},
		{"ANSWERED", false},
		{"UNFLAGGED", false},
		{"DELETED", false},
		{"DRAFT", false},
		{"RECENT", true},
		{"OLD", false},
		{"NEW", false},
		{"LARGER 4999", true},
		{"LARGER 5000", false},
		{"SMALLER 5001", true},
		{"SMALLER 5000", false},
		/* the day is the one of the date's own zone */
		{"ON 17-Jul-1996", true},
		{"ON \"17-Jul-1996\"", true},
		{"ON 18-Jul-1996", false},
		{"SINCE 17-jul-1996", true},
		{"SINCE 18-Jul-1996", false},
		{"BEFORE 17-Jul-1996", false},
		{"BEFORE 18-Jul-1996", true},
		{"3", true},
		{"1:2", false},
		{"5:2", true},
		{"1,3,5", true},
		{"4:*", false},
		{"*:1", true},
		{"UID 70", true},
		{"UID 71:*", false},
		{"UID 60:*", true},
		{"NOT SEEN", false},
		{"NOT NOT SEEN", true},
		{"OR SEEN DRAFT", true},
		{"OR DELETED DRAFT", false},
		{"OR (SEEN DRAFT) (FLAGGED LARGER 1)", true},
		{"(SEEN) (FLAGGED)", true},
		{"not (or draft (deleted all))", true},
		{"ALL SEEN ", true},
	};

	check(rows, ARRAY_LEN(rows), "");
}

static void test_header(void **state)
{
	static const struct row rows[] = {
		{"FROM أمل", true},
		{"FROM \"AMAL@EXAMPLE\"", true},
		{"FROM wei", false},
		{"TO \"zhang wei\"", true},
		{"TO next@", true},
		{"CC 张伟", true},
		{"CC 張", false},
		{"BCC \"\"", false},
		{"SUBJECT \"été et hôtel\"", true},
		{"SUBJECT \"ÉTÉ ET HÔTEL\"", true},
		{"SUBJECT \"\"", true},
		{"SUBJECT hotels", false},
		{"CHARSET utf-8 SUBJECT {6}\r\nh\xc3\xb4tel ALL", true},
		{"HEADER X-Empty \"\"", true},
		{"HEADER X-None \"\"", false},
		{"HEADER x-raw نامه", true},
		{"HEADER Return-Path amal", true},
		{"NOT HEADER Return-Path amal", false},
		{"SENTON 1-Feb-1999", true},
		{"SENTON 31-Jan-1999", false},
		{"SENTBEFORE 1-Feb-1999", false},
		{"SENTBEFORE 2-Feb-1999", true},
		{"SENTSINCE 1-Feb-1999", true},
		{"SENTSINCE 2-Feb-1999", false},
		{"OR SUBJECT nothing SUBJECT HÔTEL", true},
	};

	check(rows, ARRAY_LEN(rows), "");
}

static void test_body(void **state)
{
	static const struct row rows[] = {
		{"BODY سلام", true},
		{"BODY \"سلام بر شما\"", true},
		{"BODY amal", false},
		{"TEXT amal", true},
		{"TEXT \"subject: été\"", true},
		{"TEXT X-EMPTY", true},
		{"TEXT دوستان", true},
		{"TEXT nowhere", false},
		{"NOT TEXT nowhere", true},
		{"BODY \"\"", true},
		{"BODY سلام BODY دوستان", true},
		{"BODY سلام BODY nowhere", false},
		{"OR BODY nowhere FROM amal", true},
		{"BODY سلام UNSEEN", false},
	};

	check(rows, ARRAY_LEN(rows), "سلام بر شما دوستان");
}

static void test_cheap_keys_come_first(void **state)
{
	struct under_test t;

	assert_int_equal(parse(&t, "BODY x FROM y SEEN SUBJECT z 1:5"), FAIL_NONE);
	for (struct search_key *k = t.criteria.root->child; k->next; k = k->next)
		assert_true(k->cost <= k->next->cost);
	assert_int_equal(t.criteria.root->child->test, TEST_FLAGS_SET);
	assert_int_equal(t.criteria.cost, COST_BODY);
	arena_fini(&t.arena);
}

static void test_refused(void **state)
{
	static const struct {
		const char *keys;
		enum fail how;
	} rows[] = {
		{"", FAIL_SYNTAX},
		{"SEEM", FAIL_SYNTAX},
		{"NOT", FAIL_SYNTAX},
		{"OR SEEN", FAIL_SYNTAX},
		{"(SEEN", FAIL_SYNTAX},
		{"SEEN)", FAIL_SYNTAX},
		{"()", FAIL_SYNTAX},
		{"ON 32-Jan-1999", FAIL_SYNTAX},
		{"ON yesterday", FAIL_SYNTAX},
		{"LARGER -1", FAIL_SYNTAX},
		{"LARGER 99999999999999999999999", FAIL_SYNTAX},
		{"SUBJECT", FAIL_SYNTAX},
		{"HEADER Subject", FAIL_SYNTAX},
		{"UID x", FAIL_SYNTAX},
		{"0", FAIL_SYNTAX},
		{"SUBJECT \"\xff\"", FAIL_SYNTAX},
		{"CHARSET UTF-8", FAIL_SYNTAX},
		{"CHARSET KOI8-R SUBJECT x", FAIL_CHARSET},
		{"CHARSET \"x y\" ALL", FAIL_CHARSET},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct under_test t;
		enum fail f = parse(&t, rows[i].keys);

		if (f != rows[i].how)
			WRONG("'%s': %s", rows[i].keys, fail_row(f)->name);
		if (f == FAIL_SYNTAX)
			assert_non_null(t.args.error);
		arena_fini(&t.arena);
	}
}

static enum fail parse_repeated(const char *once, int times, const char *last)
{
	struct under_test t;
	struct buf keys;
	enum fail f;

	buf_init(&keys, 1 << 20);
	for (int i = 0; i < times; i++)
		buf_add(&keys, span_of(once));
	buf_add(&keys, span_of(last));
	buf_add_byte(&keys, '\0');
	f = parse(&t, keys.p);
	buf_fini(&keys);
	arena_fini(&t.arena);
	return f;
}

static void test_budgets(void **state)
{
	assert_int_equal(parse_repeated("NOT ", 250, "SEEN"), FAIL_NONE);
	assert_int_equal(parse_repeated("NOT ", 260, "SEEN"), FAIL_LIMIT);
	assert_int_equal(parse_repeated("OR SEEN ", 260, "SEEN"), FAIL_LIMIT);
	assert_int_equal(parse_repeated("OR HEADER Message-ID x ", 200, "SEEN"), FAIL_NONE);
	assert_int_equal(parse_repeated("(", 100000, "SEEN"), FAIL_SYNTAX);
	assert_int_equal(parse_repeated("SEEN ", 900, "SEEN"), FAIL_NONE);
	assert_int_equal(parse_repeated("SEEN ", 1100, "SEEN"), FAIL_LIMIT);
	assert_int_equal(parse_repeated("BODY ", 1, "x"), FAIL_NONE);
}

int main(void)
{
	const struct CMUnitTest all[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_header),
		cmocka_unit_test(test_body),
		cmocka_unit_test(test_cheap_keys_come_first),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_budgets),
	};

	return cmocka_run_group_tests(all, NULL, NULL);
}

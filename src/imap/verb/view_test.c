/* The runs of a view against a plain array of uids. */
#include "base/test.h"

#include "base/memory.h"
#include "imap/verb/view_own.h"

enum { MAX = 400 };

static struct view view;
static uint32_t model[MAX * 4];
static size_t count;
static uint32_t seed;

static uint32_t chance(uint32_t n)
{
	seed = seed * 1103515245 + 12345;
	return (seed >> 16) % n;
}

static void same(void)
{
	uint32_t uid = 1;

	assert_int_equal(view_count(&view), count);
	for (size_t i = 0; i < count; i++) {
		assert_int_equal(view_uid(&view, (uint32_t)i + 1), model[i]);
		assert_int_equal(view_seq(&view, model[i]), i + 1);
		for (; uid <= model[i]; uid++)
			assert_int_equal(view_seq_from(&view, uid), i + 1);
	}
	assert_int_equal(view_seq_from(&view, uid), count + 1);
	assert_int_equal(view_seq(&view, uid), 0);
	for (size_t i = 1; i < view.run_count; i++)
		assert_true(view.runs[i].uid > view.runs[i - 1].uid + view.runs[i - 1].n);
}

static void grow(void)
{
	uint32_t uid = (count ? model[count - 1] : 0) + 1 + chance(3), n = 1 + chance(20);

	view_append(&view, uid, n);
	for (uint32_t i = 0; i < n; i++)
		model[count++] = uid + i;
}

static void shrink(void)
{
	struct sequence_range gone[8];
	uint32_t uid = 1 + chance(20);
	size_t n = 1 + chance(8), kept = 0;

	for (size_t i = 0; i < n; i++) {
		gone[i].first = uid;
		gone[i].last = uid + chance(6);
		uid = gone[i].last + 1 + chance(30);
	}
	view_drop(&view, gone, n);
	for (size_t i = 0; i < count; i++) {
		bool drop = false;

		for (size_t k = 0; k < n; k++)
			drop |= model[i] >= gone[k].first && model[i] <= gone[k].last;
		if (!drop)
			model[kept++] = model[i];
	}
	count = kept;
}

static void runs(void **state)
{
	(void)state;
	for (seed = 1; seed < 200000; seed += 1009) {
		uint32_t start = seed;

		view = (struct view){0};
		count = 0;
		for (int i = 0; i < 30; i++) {
			if (chance(2) && count < MAX)
				grow();
			else
				shrink();
			same();
		}
		free(view.runs);
		seed = start;
	}
}

static void resolve(const char *text, bool uid, enum fail f, const char *want)
{
	struct span s = span_of(text);
	struct sequence_set set;
	struct seq_range *ranges;
	struct arena arena;
	struct buf b;
	size_t n;

	arena_init(&arena, 1 << 16);
	buf_init(&b, 1024);
	assert_true(sequence_set_take(&s, &arena, &set));
	assert_int_equal(view_resolve(&view, &set, uid, &arena, &ranges, &n), f);
	for (size_t i = 0; !f && i < n; i++)
		buf_addf(&b, "%u:%u ", ranges[i].first, ranges[i].last);
	buf_add_byte(&b, '\0');
	assert_string_equal(b.p, want);
	buf_fini(&b);
	arena_fini(&arena);
}

static void sets(void **state)
{
	(void)state;
	view = (struct view){0};
	resolve("1:*", false, FAIL_NONE, "");
	resolve("*", true, FAIL_NONE, "");
	resolve("1", false, FAIL_SYNTAX, "");
	view_append(&view, 10, 3);
	view_append(&view, 20, 2);
	resolve("1,3:*", false, FAIL_NONE, "1:1 3:5 ");
	resolve("6", false, FAIL_SYNTAX, "");
	resolve("2:6", false, FAIL_SYNTAX, "");
	resolve("1:4294967295", true, FAIL_NONE, "1:5 ");
	resolve("11:20", true, FAIL_NONE, "2:4 ");
	resolve("13:19", true, FAIL_NONE, "");
	resolve("1:10,12,13,20", true, FAIL_NONE, "1:1 3:4 ");
	resolve("100:*", true, FAIL_NONE, "5:5 ");
	free(view.runs);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(runs),
		cmocka_unit_test(sets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* One conformance suite over all engines, against a plain sorted array that cannot be wrong. */
#include "base/test.h"

#include <dirent.h>
#include <unistd.h>

#include "base/memory.h"
#include "kv/faulty.h"
#include "kv/kv.h"

/* An engine under test. */
struct bench {
	struct kv *kv;
	char path[64]; /* empty: in memory */
};

static void open_rocks(struct bench *b)
{
	struct kv_settings s = {.path = b->path, .write_bytes = 1 << 20, .cache_bytes = 1 << 20};
	struct why w;

	assert_int_equal(kv_open_rocks(&s, &b->kv, &w), FAIL_NONE);
}

static int begin_memory(void **state)
{
	struct bench *b = NEW(struct bench);

	b->kv = kv_open_memory();
	*state = b;
	return 0;
}

/* Slow now and then, and counting: as long as nothing is planted that changes an answer, it is the engine below. */
static int begin_faulty(void **state)
{
	static struct fault_table table;
	struct bench *b = NEW(struct bench);
	struct why w;

	assert_true(fault_table_init(&table));
	assert_int_equal(fault_order(&table, SPAN("kv-get:5/5000=stall:1 kv-scan:3/500=stall:1"), &w), FAIL_NONE);
	b->kv = kv_faulty(kv_open_memory(), &table);
	*state = b;
	return 0;
}

static int begin_rocks(void **state)
{
	struct bench *b = NEW(struct bench);

	snprintf(b->path, sizeof b->path, "/tmp/barid-kv-test-XXXXXX");
	assert_non_null(mkdtemp(b->path));
	open_rocks(b);
	*state = b;
	return 0;
}

static void remove_directory(const char *path)
{
	DIR *dir = opendir(path);
	struct dirent *e;
	char file[400];

	assert_non_null(dir);
	while ((e = readdir(dir))) {
		snprintf(file, sizeof file, "%s/%s", path, e->d_name);
		unlink(file);
	}
	closedir(dir);
	rmdir(path);
}

static int end(void **state)
{
	struct bench *b = *state;

	b->kv->ops->close(b->kv);
	if (b->path[0])
		remove_directory(b->path);
	free(b);
	return 0;
}

static void put(struct kv *kv, struct span key, struct span value)
{
	struct kv_batch b;
	struct why w;

	kv_batch_init(&b);
	kv_batch_put(&b, key, value);
	assert_int_equal(kv->ops->write(kv, &b, &w), FAIL_NONE);
	kv_batch_fini(&b);
}

static bool holds(struct kv *kv, struct span key, struct span value)
{
	struct buf out;
	struct why w;
	bool same;

	buf_init(&out, KV_VALUE_MAX);
	same = !kv->ops->get(kv, key, &out, &w) && span_eq(buf_span(&out), value);
	buf_fini(&out);
	return same;
}

static enum fail lookup(struct kv *kv, struct span key)
{
	struct buf out;
	struct why w;
	enum fail fail;

	buf_init(&out, KV_VALUE_MAX);
	fail = kv->ops->get(kv, key, &out, &w);
	assert_true(!fail || !out.n);
	buf_fini(&out);
	return fail;
}

static void entries_are_found(void **state)
{
	struct kv *kv = ((struct bench *)*state)->kv;
	struct buf small;
	struct why w;

	assert_int_equal(lookup(kv, SPAN("a")), FAIL_NOT_FOUND);
	put(kv, SPAN("a"), SPAN("1"));
	put(kv, SPAN("a\0b"), SPAN("\0\1"));
	put(kv, SPAN(""), SPAN("empty key"));
	put(kv, SPAN("e"), SPAN(""));
	assert_true(holds(kv, SPAN("a"), SPAN("1")));
	assert_true(holds(kv, SPAN("a\0b"), SPAN("\0\1")));
	assert_true(holds(kv, SPAN(""), SPAN("empty key")));
	assert_true(holds(kv, SPAN("e"), SPAN("")));
	put(kv, SPAN("a"), SPAN("22"));
	assert_true(holds(kv, SPAN("a"), SPAN("22")));
	assert_int_equal(lookup(kv, SPAN("a\0")), FAIL_NOT_FOUND);
	buf_init(&small, 1);
	assert_int_equal(kv->ops->get(kv, SPAN("a"), &small, &w), FAIL_TOO_BIG);
	buf_fini(&small);
}

static void a_batch_is_applied_in_order(void **state)
{
	struct kv *kv = ((struct bench *)*state)->kv;
	struct kv_batch b;
	struct why w;

	kv_batch_init(&b);
	kv_batch_put(&b, SPAN("k"), SPAN("1"));
	kv_batch_delete(&b, SPAN("k"));
	kv_batch_put(&b, SPAN("l"), SPAN("1"));
	kv_batch_put(&b, SPAN("l"), SPAN("2"));
	kv_batch_delete(&b, SPAN("never there"));
	assert_int_equal(b.count, 5);
	assert_int_equal(kv->ops->write(kv, &b, &w), FAIL_NONE);
	assert_int_equal(lookup(kv, SPAN("k")), FAIL_NOT_FOUND);
	assert_true(holds(kv, SPAN("l"), SPAN("2")));
	kv_batch_reset(&b);
	assert_int_equal(kv->ops->write(kv, &b, &w), FAIL_NONE); /* an empty one is fine */
	kv_batch_fini(&b);
}

static void a_batch_that_is_too_large_changes_nothing(void **state)
{
	struct kv *kv = ((struct bench *)*state)->kv;
	char *long_key = memory_new(KV_KEY_MAX + 1);
	struct kv_batch b;
	struct why w;

	kv_batch_init(&b);
	kv_batch_put(&b, SPAN("first"), SPAN("1"));
	kv_batch_put(&b, span(long_key, KV_KEY_MAX + 1), SPAN("1"));
	assert_int_equal(kv->ops->write(kv, &b, &w), FAIL_TOO_BIG);
	assert_int_equal(lookup(kv, SPAN("first")), FAIL_NOT_FOUND);
	kv_batch_reset(&b);
	kv_batch_put(&b, span(long_key, KV_KEY_MAX), SPAN("1"));
	assert_int_equal(kv->ops->write(kv, &b, &w), FAIL_NONE);
	kv_batch_fini(&b);
	free(long_key);
}

enum { KEYS = 3000 };

/* What must be there: the number stored under each key number, or 0. */
struct model {
	struct bench *bench;
	uint32_t value[KEYS];
	uint32_t at, last; /* of a scan */
	uint32_t left;     /* of the entries that it may still tell */
};

static struct span key_of(uint32_t i, char dst[8])
{
	snprintf(dst, 8, "%07u", (unsigned)i);
	return span(dst, 7);
}

static uint32_t next_random(uint64_t *x)
{
	*x = *x * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(*x >> 33);
}

static void change_at_random(struct model *m, uint64_t *x)
{
	struct kv *kv = m->bench->kv;
	struct kv_batch b;
	struct why w;
	char key[8];

	kv_batch_init(&b);
	for (int i = 0; i < 40; i++) {
		uint32_t k = next_random(x) % KEYS, v = next_random(x) % 4 ? next_random(x) | 1 : 0;

		if (v)
			kv_batch_put(&b, key_of(k, key), span(&v, sizeof v));
		else
			kv_batch_delete(&b, key_of(k, key));
		m->value[k] = v;
	}
	if (next_random(x) % 8 == 0) {
		uint32_t from = next_random(x) % KEYS, to = from + 1 + next_random(x) % 200;
		char end[8];

		kv_batch_delete_range(&b, key_of(from, key), key_of(to, end));
		for (uint32_t k = from; k < to && k < KEYS; k++)
			m->value[k] = 0;
		kv_batch_put(&b, key_of(from, key), span(&to, sizeof to)); /* what comes behind it stays */
		m->value[from] = to;
	}
	assert_int_equal(kv->ops->write(kv, &b, &w), FAIL_NONE);
	kv_batch_fini(&b);
}

static bool compare(void *ctx, struct span key, struct span value)
{
	struct model *m = ctx;
	uint32_t k;

	while (m->at < m->last && !m->value[m->at])
		m->at++;
	assert_true(m->at < m->last);
	assert_true(span_u32(key, &k));
	assert_int_equal(k, m->at);
	assert_int_equal(value.n, sizeof(uint32_t));
	assert_memory_equal(value.p, &m->value[k], sizeof(uint32_t));
	m->at++;
	return --m->left > 0;
}

static void check_range(struct model *m, uint32_t from, uint32_t to, uint32_t most)
{
	struct kv *kv = m->bench->kv;
	struct span last = {"", 0};
	char a[8], b[8];
	struct why w;

	if (to < KEYS)
		last = key_of(to, b);
	m->at = from;
	m->last = to;
	m->left = most;
	assert_int_equal(kv->ops->scan(kv, key_of(from, a), last, compare, m, &w), FAIL_NONE);
	while (m->left && m->at < m->last)
		assert_int_equal(m->value[m->at++], 0); /* nothing was left out at the end */
}

static void it_holds_what_a_plain_array_holds(void **state)
{
	struct model *m = NEW(struct model);
	uint64_t x = 42;
	struct why w;

	m->bench = *state;
	for (int round = 0; round < 300; round++) {
		uint32_t a = next_random(&x) % KEYS, b = next_random(&x) % (KEYS + 1);

		change_at_random(m, &x);
		check_range(m, a < b ? a : b, a < b ? b : a, UINT32_MAX);
		check_range(m, a, KEYS, 5);
		if (round % 100 == 50) {
			assert_true(m->bench->kv->ops->unflushed(m->bench->kv) > 0);
			assert_int_equal(m->bench->kv->ops->flush(m->bench->kv, &w), FAIL_NONE);
			assert_int_equal(m->bench->kv->ops->unflushed(m->bench->kv), 0);
		}
	}
	check_range(m, 0, KEYS, UINT32_MAX);
	if (m->bench->path[0]) {
		assert_int_equal(m->bench->kv->ops->flush(m->bench->kv, &w), FAIL_NONE);
		m->bench->kv->ops->close(m->bench->kv);
		open_rocks(m->bench);
		check_range(m, 0, KEYS, UINT32_MAX);
	}
	free(m);
}

static void it_grows(void **state)
{
	struct kv *kv = ((struct bench *)*state)->kv;
	char *value = memory_new(KV_VALUE_MAX);
	uint64_t x = 7;
	char key[16];

	memset(value, 'v', KV_VALUE_MAX);
	for (int i = 0; i < 20000; i++) {
		snprintf(key, sizeof key, "%08x", next_random(&x));
		put(kv, span(key, 8), span(value, 100));
	}
	put(kv, SPAN("zz"), span(value, KV_VALUE_MAX));
	assert_true(holds(kv, SPAN("zz"), span(value, KV_VALUE_MAX)));
	assert_true(holds(kv, span(key, 8), span(value, 100)));
	free(value);
}

/* What an open file does not have in memory is not waited for, but the worker's read finds it. */
static void far_reads_say_so(void **state)
{
	struct bench *b = *state;
	struct kv *kv = b->kv;
	struct model m = {.bench = b, .left = 1};
	struct buf out;
	struct why w;
	char key[8];

	m.value[7] = 7;
	m.last = KEYS;
	put(kv, key_of(7, key), span(&m.value[7], sizeof(uint32_t)));
	buf_init(&out, 100);
	assert_int_equal(kv->ops->get_near(kv, key_of(7, key), &out, &w), FAIL_NONE); /* in the memtable */
	assert_int_equal(out.n, sizeof(uint32_t));
	assert_int_equal(kv->ops->flush(kv, &w), FAIL_NONE);
	kv->ops->close(kv);
	open_rocks(b);
	kv = b->kv;
	buf_reset(&out);
	assert_int_equal(kv->ops->get_near(kv, key_of(7, key), &out, &w), FAIL_BUSY);
	assert_int_equal(kv->ops->scan_near(kv, SPAN(""), SPAN(""), compare, &m, &w), FAIL_BUSY);
	assert_int_equal(out.n, 0);
	assert_int_equal(m.at, 0);
	assert_int_equal(kv->ops->get(kv, key_of(7, key), &out, &w), FAIL_NONE);
	buf_reset(&out);
	assert_int_equal(kv->ops->get_near(kv, key_of(7, key), &out, &w), FAIL_NONE); /* now it is in the cache */
	assert_int_equal(out.n, sizeof(uint32_t));
	assert_int_equal(kv->ops->scan_near(kv, SPAN(""), SPAN(""), compare, &m, &w), FAIL_NONE);
	assert_int_equal(m.at, 8);
	buf_reset(&out);
	assert_int_equal(kv->ops->get_near(kv, SPAN("zzz"), &out, &w), FAIL_NOT_FOUND);
	buf_fini(&out);
}

static void a_damaged_index_is_told_from_a_missing_one(void **state)
{
	struct bench *b = *state;
	struct kv_settings s = {.path = b->path};
	struct kv *second;
	struct why w = {0};
	char path[128];
	FILE *f;

	assert_int_equal(kv_open_rocks(&s, &second, &w), FAIL_CONFLICT); /* one owner at a time */
	b->kv->ops->close(b->kv);
	snprintf(path, sizeof path, "%s/CURRENT", b->path);
	f = fopen(path, "w");
	assert_non_null(f);
	fputs("rubbish", f);
	fclose(f);
	assert_int_equal(kv_open_rocks(&s, &second, &w), FAIL_CORRUPT);
	assert_true(w.log[0]);
	remove_directory(b->path);
	open_rocks(b);
	assert_int_equal(lookup(b->kv, SPAN("a")), FAIL_NOT_FOUND);
	s.path = "/nonexistent/barid";
	assert_true(kv_open_rocks(&s, &second, &w) != FAIL_NONE);
}

static void a_planted_fault_is_met(void **state)
{
	static struct fault_table table;
	struct kv *kv = kv_faulty(kv_open_memory(), &table);
	struct kv_batch b;
	struct why w;

	(void)state;
	assert_true(fault_table_init(&table));
	kv_batch_init(&b);
	kv_batch_put(&b, SPAN("a"), SPAN("1"));
	assert_int_equal(fault_order(&table, SPAN("kv-write:1=eio kv-get:2=enomem kv-flush:1=enospc"), &w), FAIL_NONE);
	assert_int_equal(kv->ops->write(kv, &b, &w), FAIL_IO);
	assert_int_equal(lookup(kv, SPAN("a")), FAIL_NOT_FOUND); /* nothing of it was done */
	assert_int_equal(kv->ops->write(kv, &b, &w), FAIL_NONE);
	assert_int_equal(lookup(kv, SPAN("a")), FAIL_MEMORY);
	assert_int_equal(kv->ops->flush(kv, &w), FAIL_DISK_FULL);
	assert_int_equal(kv->ops->flush(kv, &w), FAIL_NONE);
	assert_int_equal(fault_order(&table, SPAN("kv-write:1=unknown"), &w), FAIL_NONE);
	kv_batch_put(&b, SPAN("b"), SPAN("2"));
	assert_int_equal(kv->ops->write(kv, &b, &w), FAIL_IO);
	assert_true(holds(kv, SPAN("b"), SPAN("2"))); /* it was done all the same */
	kv_batch_fini(&b);
	kv->ops->close(kv);
}

#define ON(engine, test)                                                                                               \
	{                                                                                                              \
#test " (" #engine ")", test, begin_##engine, end, NULL                                                \
	}
#define ON_ALL(test) ON(memory, test), ON(faulty, test), ON(rocks, test)

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_ALL(entries_are_found),
		ON_ALL(a_batch_is_applied_in_order),
		ON_ALL(a_batch_that_is_too_large_changes_nothing),
		ON_ALL(it_holds_what_a_plain_array_holds),
		ON_ALL(it_grows),
		cmocka_unit_test(a_planted_fault_is_met),
		ON(rocks, far_reads_say_so),
		ON(rocks, a_damaged_index_is_told_from_a_missing_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

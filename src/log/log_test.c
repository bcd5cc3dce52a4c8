/* The log from outside: what was committed is there again after every kind of end, in order, once. */
#include "base/test.h"
#undef fail /* cmocka has a macro of the name of our enum */

#include <unistd.h>

#include "base/memory.h"
#include "log/format.h"

enum { SEEN_MAX = 4096, TYPE = 7 };

/* What a replay told. */
struct seen {
	size_t count, rot;
	struct log_pos pos[SEEN_MAX];
	uint32_t tag[SEEN_MAX]; /* the first four bytes of the payload */
	uint32_t length[SEEN_MAX];
};

static enum fail see_record(void *context, struct log_pos pos, uint8_t type, struct span payload, struct why *w)
{
	struct seen *seen = context;
	uint32_t tag = 0;

	(void)w;
	assert_int_equal(type, TYPE);
	assert_true(seen->count < SEEN_MAX);
	seen->pos[seen->count] = pos;
	seen->length[seen->count] = (uint32_t)payload.n;
	assert_true(span_take_be32(&payload, &tag));
	seen->tag[seen->count++] = tag;
	return FAIL_NONE;
}

static void see_rot(void *context, struct log_pos pos, const char *what)
{
	struct seen *seen = context;

	(void)pos;
	(void)what;
	seen->rot++;
}

static struct log *open_log(
	struct disk *disk, struct loop *loop, uint32_t segment_size, struct log_pos from, struct seen *seen)
{
	struct log_settings settings = {.dir = "log", .segment_size = segment_size};
	struct log_replay replay = {.context = seen, .record = see_record, .rot = see_rot};
	struct why w = {0};
	struct log *log = NULL;
	enum fail fail;

	memset(seen, 0, sizeof *seen);
	fail = log_open(disk, &settings, loop, from, &replay, &log, &w);
	if (fail)
		print_error("log_open: %s\n", w.log);
	assert_int_equal(fail, FAIL_NONE);
	return log;
}

/* A payload that begins with its tag and goes on with bytes made from it. */
static struct log_pos append(struct log *log, uint32_t tag, uint32_t length)
{
	char *p = memory_new(length < 4 ? 4 : length);
	struct span parts[2];
	struct log_pos pos;
	struct why w;

	for (uint32_t i = 4; i < length; i++)
		p[i] = (char)(tag * 31 + i);
	p[0] = (char)(tag >> 24);
	p[1] = (char)(tag >> 16);
	p[2] = (char)(tag >> 8);
	p[3] = (char)tag;
	parts[0] = span(p, 4);
	parts[1] = span(p + 4, length < 4 ? 0 : length - 4);
	assert_int_equal(log_append(log, TYPE, parts, 2, &pos, &w), FAIL_NONE);
	free(p);
	return pos;
}

struct ticket {
	struct log_commit commit;
	int answers;
	enum log_result result;
	unsigned order;
};

static unsigned order_now;

static void answered(struct log_commit *c, enum log_result result)
{
	struct ticket *t = CONTAINER_OF(c, struct ticket, commit);

	t->answers++;
	t->result = result;
	t->order = ++order_now;
}

static void commit(struct log *log, struct ticket *t)
{
	*t = (struct ticket){.commit.done = answered};
	log_commit(log, &t->commit);
}

static void commit_done(struct log *log)
{
	struct ticket t;

	commit(log, &t);
	assert_int_equal(t.answers, 1);
	assert_int_equal(t.result, LOG_DONE);
}

static void read_back(struct log *log, struct log_pos pos, uint32_t tag, uint32_t length)
{
	char *dst = memory_new(length);
	struct log_read r = {.pos = pos, .type = TYPE, .n = length, .dst = dst};
	uint32_t n = 0;
	struct why w;

	assert_int_equal(log_payload_length(log, pos, TYPE, &n, &w), FAIL_NONE);
	assert_int_equal(n, length);
	assert_int_equal(log_read_now(log, &r), FAIL_NONE);
	assert_int_equal((unsigned char)dst[3], tag & 0xff);
	for (uint32_t i = 4; i < length; i++)
		assert_int_equal(dst[i], (char)(tag * 31 + i));
	if (length > 10) {
		r.offset = 7;
		r.n = 3;
		assert_int_equal(log_read_now(log, &r), FAIL_NONE);
		assert_int_equal(dst[0], (char)(tag * 31 + 7));
	}
	r.offset = 0;
	r.n = length + 1;
	assert_int_equal(log_read_now(log, &r), FAIL_CORRUPT);
	r.n = length;
	r.type = TYPE + 1;
	assert_int_equal(log_read_now(log, &r), FAIL_CORRUPT);
	free(dst);
}

static const uint32_t lengths[] = {4, 5, 8, 13, 100, 5000, 65535, 65536, 70001, 300000, 4};

static void a_round(struct disk *disk, uint32_t segment_size)
{
	struct log_pos pos[ARRAY_LEN(lengths)], end;
	struct seen seen;
	struct log *log = open_log(disk, NULL, segment_size, (struct log_pos){0, 0}, &seen);

	assert_int_equal(seen.count, 0);
	for (uint32_t i = 0; i < ARRAY_LEN(lengths); i++) {
		pos[i] = append(log, i, lengths[i]);
		read_back(log, pos[i], i, lengths[i]);
		if (i % 3 == 2)
			commit_done(log);
	}
	commit_done(log);
	end = log_durable_end(log);
	for (uint32_t i = 0; i < ARRAY_LEN(lengths); i++)
		read_back(log, pos[i], i, lengths[i]);
	append(log, 99, 40); /* never committed */
	log_close(log);
	for (int round = 0; round < 3; round++) {
		log = open_log(disk, NULL, segment_size, (struct log_pos){0, 0}, &seen);
		assert_int_equal(seen.rot, 0);
		assert_int_equal(seen.count, ARRAY_LEN(lengths));
		assert_true(log_pos_cmp(log_durable_end(log), end) >= 0);
		for (uint32_t i = 0; i < ARRAY_LEN(lengths); i++) {
			assert_int_equal(seen.tag[i], i);
			assert_int_equal(seen.length[i], lengths[i]);
			assert_int_equal(log_pos_cmp(seen.pos[i], pos[i]), 0);
			read_back(log, pos[i], i, lengths[i]);
		}
		log_close(log);
	}
	log = open_log(disk, NULL, segment_size, pos[6], &seen);
	assert_int_equal(seen.count, ARRAY_LEN(lengths) - 6);
	log_close(log);
	log = open_log(disk, NULL, segment_size, end, &seen);
	assert_int_equal(seen.count + seen.rot, 0);
	log_close(log);
}

static void what_was_committed_comes_back_memory(void **state)
{
	(void)state;
	for (uint32_t size = 0; size <= 400000; size = size ? size * 4 : 1500) {
		struct disk *disk = disk_memory();

		a_round(disk, size);
		disk->ops->free(disk);
	}
}

static void remove_name(void *context, const char *name)
{
	struct disk *disk = context;
	char path[600];

	snprintf(path, sizeof path, "log/%s", name);
	assert_int_equal(disk->ops->remove(disk, path, NULL), FAIL_NONE);
}

static void what_was_committed_comes_back_real(void **state)
{
	char root[] = "/tmp/barid-log-test-XXXXXX", path[64];
	struct disk *disk;
	struct why w;

	(void)state;
	assert_non_null(mkdtemp(root));
	assert_int_equal(disk_real(root, &disk, &w), FAIL_NONE);
	a_round(disk, 100000);
	assert_int_equal(disk->ops->list(disk, "log", remove_name, disk, &w), FAIL_NONE);
	disk->ops->free(disk);
	snprintf(path, sizeof path, "%s/log", root);
	assert_int_equal(rmdir(path), 0);
	assert_int_equal(rmdir(root), 0);
}

static void commits_are_grouped_on_a_loop(void **state)
{
	struct disk *disk = disk_memory();
	struct ticket t[40];
	struct log_pos pos[40];
	struct seen seen;
	struct loop loop;
	struct log *log;

	(void)state;
	loop_init(&loop);
	log = open_log(disk, &loop, 3000, (struct log_pos){0, 0}, &seen);
	for (uint32_t i = 0; i < 40; i++) {
		pos[i] = append(log, i, 50 + i * 3);
		commit(log, &t[i]);
		assert_int_equal(t[i].answers, 0); /* never from inside */
		if (i % 7 == 3)
			loop_turn(&loop);
		read_back(log, pos[i], i, 50 + i * 3);
	}
	loop_run(&loop);
	for (uint32_t i = 0; i < 40; i++) {
		assert_int_equal(t[i].answers, 1);
		assert_int_equal(t[i].result, LOG_DONE);
		assert_true(log_pos_cmp(t[i].commit.end, pos[i]) > 0);
		if (i)
			assert_true(t[i].order > t[i - 1].order);
		read_back(log, pos[i], i, 50 + i * 3);
	}
	append(log, 40, 10);
	commit(log, &t[0]);
	loop_turn(&loop); /* in flight when the log is closed */
	append(log, 41, 10);
	commit(log, &t[1]);
	log_close(log);
	assert_int_equal(t[0].answers + t[1].answers, 2);
	loop_run(&loop);
	log = open_log(disk, &loop, 3000, (struct log_pos){0, 0}, &seen);
	assert_int_equal(seen.count, 42);
	assert_int_equal(seen.rot, 0);
	log_close(log);
	loop_fini(&loop);
	disk->ops->free(disk);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_committed_comes_back_memory),
		cmocka_unit_test(what_was_committed_comes_back_real),
		cmocka_unit_test(commits_are_grouped_on_a_loop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The log from outside: what was committed is there again after every kind of end, in order, once. */
#include "base/test.h"

#include <unistd.h>

#include "log/faulty.h"
#include "log/log_bench.h"

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

static void on_real_disk(void (*test)(struct disk *disk))
{
	char root[] = "/tmp/barid-log-test-XXXXXX", path[64];
	struct disk *disk;
	struct why w;

	assert_non_null(mkdtemp(root));
	assert_int_equal(disk_real(root, &disk, &w), FAIL_NONE);
	test(disk);
	assert_int_equal(disk->ops->list(disk, "log", remove_name, disk, &w), FAIL_NONE);
	disk->ops->free(disk);
	snprintf(path, sizeof path, "%s/log", root);
	assert_int_equal(rmdir(path), 0);
	assert_int_equal(rmdir(root), 0);
}

static void a_round_of_small_segments(struct disk *disk)
{
	a_round(disk, 100000);
}

static void what_was_committed_comes_back_real(void **state)
{
	(void)state;
	on_real_disk(a_round_of_small_segments);
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

/* A read as its reader keeps it. */
struct reader {
	struct log_read read;
	int answers;
	enum fail fail;
	char bytes[400];
};

static void was_read(struct log_read *r, enum fail f)
{
	struct reader *reader = CONTAINER_OF(r, struct reader, read);

	reader->answers++;
	reader->fail = f;
}

static enum fail begin_read(struct log *log, struct reader *r, struct log_pos pos, uint32_t length)
{
	*r = (struct reader){.read = {.pos = pos, .type = TYPE, .n = length, .dst = r->bytes, .done = was_read}};
	return log_read(log, &r->read);
}

/* What is not in the cache is read by a worker; a log that is closed meanwhile does not matter. */
static void cold_reads_are_done_by_a_worker(void **state)
{
	struct disk *below = disk_memory(), *disk = disk_faulty(below);
	struct reader good, wrong, late;
	struct log_pos pos;
	struct seen seen;
	struct loop loop;
	struct log *log;

	(void)state;
	loop_init(&loop);
	log = open_log(disk, &loop, 0, (struct log_pos){0, 0}, &seen);
	pos = append(log, 3, 400);
	assert_int_equal(begin_read(log, &good, pos, 400), FAIL_NONE); /* not even written yet */
	assert_int_equal(good.bytes[399], (char)(3 * 31 + 399));
	log_close(log);
	log = open_log(disk, &loop, 0, (struct log_pos){0, 0}, &seen);
	pos = append(log, 3, 400);
	{
		struct ticket t;

		commit(log, &t);
		loop_run(&loop);
		assert_int_equal(t.result, LOG_DONE);
	}
	faulty_set(disk, FAULT_READ_CACHED, 1, FAIL_BUSY, true);
	assert_int_equal(begin_read(log, &good, pos, 400), FAIL_BUSY);
	assert_int_equal(begin_read(log, &wrong, pos, 399), FAIL_BUSY);
	wrong.read.type = TYPE; /* shorter than the record: fine */
	assert_int_equal(good.answers, 0);
	loop_run(&loop);
	assert_int_equal(good.answers + wrong.answers, 2);
	assert_int_equal(good.fail, FAIL_NONE);
	assert_int_equal(good.bytes[399], (char)(3 * 31 + 399));
	pos.offset += 8;
	assert_int_equal(begin_read(log, &wrong, pos, 40), FAIL_BUSY);
	pos.offset -= 8;
	assert_int_equal(begin_read(log, &late, pos, 400), FAIL_BUSY);
	log_close(log);
	assert_int_equal(late.answers, 0);
	loop_run(&loop);
	assert_int_equal(wrong.fail, FAIL_CORRUPT);
	assert_true(wrong.read.why.text[0]);
	assert_int_equal(late.answers, 1);
	assert_int_equal(late.fail, FAIL_NONE);
	loop_fini(&loop);
	disk->ops->free(disk);
	below->ops->free(below);
}

enum { RUN = 1500 };

static uint32_t run_length(uint32_t i)
{
	uint32_t x = i * 2654435761u >> 8;

	return 4 + (i % 19 == 5 ? 65000 + x % 3000 : i % 97 == 3 ? x % 900000 : x % 3000);
}

/* Groups in flight while more is appended, written through and read; segments roll over all the time. */
static void a_long_run(struct disk *disk)
{
	struct ticket *tickets = memory_new(RUN * sizeof *tickets);
	struct log_pos *pos = memory_new(RUN * sizeof *pos);
	struct seen *seen = NEW(struct seen);
	struct loop loop;
	struct log *log;

	loop_init(&loop);
	log = open_log(disk, &loop, 1 << 20, (struct log_pos){0, 0}, seen);
	for (uint32_t i = 0; i < RUN; i++) {
		pos[i] = append(log, i, run_length(i));
		commit(log, &tickets[i]);
		if (i % 5 == 0)
			loop_turn(&loop);
		if (i % 3 == 0)
			read_back(log, pos[i * 7 % (i + 1)], i * 7 % (i + 1), run_length(i * 7 % (i + 1)));
	}
	log_close(log);
	loop_run(&loop);
	for (uint32_t i = 0; i < RUN; i++) {
		assert_int_equal(tickets[i].answers, 1);
		assert_int_equal(tickets[i].result, LOG_DONE);
		assert_true(!i || tickets[i].order > tickets[i - 1].order);
	}
	log = open_log(disk, NULL, 0, (struct log_pos){0, 0}, seen);
	assert_int_equal(seen->count, RUN);
	assert_int_equal(seen->rot, 0);
	for (uint32_t i = 0; i < RUN; i++) {
		assert_int_equal(seen->tag[i], i);
		assert_int_equal(seen->length[i], run_length(i));
		assert_int_equal(log_pos_cmp(seen->pos[i], pos[i]), 0);
	}
	log_close(log);
	loop_fini(&loop);
	free(seen);
	free(pos);
	free(tickets);
}

static void a_long_run_in_memory(void **state)
{
	struct disk *disk = disk_memory();

	(void)state;
	a_long_run(disk);
	disk->ops->free(disk);
}

static void a_long_run_on_a_disk(void **state)
{
	(void)state;
	on_real_disk(a_long_run);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_committed_comes_back_memory),
		cmocka_unit_test(what_was_committed_comes_back_real),
		cmocka_unit_test(commits_are_grouped_on_a_loop),
		cmocka_unit_test(cold_reads_are_done_by_a_worker),
		cmocka_unit_test(a_long_run_in_memory),
		cmocka_unit_test(a_long_run_on_a_disk),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

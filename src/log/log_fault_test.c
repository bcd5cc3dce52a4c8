/* Disks that fail: what the log answers is unknown, it is broken until it is opened again, and nothing that was durable is lost. */
#include "base/test.h"

#include "log/faulty.h"
#include "log/log_bench.h"

static void check_broken(struct log *log)
{
	struct span part = SPAN("late");
	struct log_pos pos;
	struct ticket t;
	struct why w = {0};

	assert_true(log_broken(log));
	assert_int_equal(log_append(log, TYPE, &part, 1, &pos, &w), FAIL_UNAVAILABLE);
	assert_true(w.text[0]);
	commit(log, &t);
	log_close(log);
	assert_int_equal(t.answers, 1);
	assert_int_equal(t.result, LOG_UNKNOWN);
}

static void a_failed_sync_is_unknown(void **state)
{
	static const struct {
		enum fault_call call;
		enum fail fail;
	} faults[] = {{FAULT_SYNC, FAIL_IO}, {FAULT_WRITE, FAIL_DISK_FULL}};
	static struct seen seen;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(faults); i++) {
		struct disk *below = disk_memory(), *disk = disk_faulty(below);
		struct log *log = open_log(disk, NULL, 0, oldest, &seen);
		struct ticket t;

		append(log, 0, 40);
		commit_done(log);
		faulty_set(disk, faults[i].call, 1, faults[i].fail,
			false); /* the next one would succeed: it is not tried */
		append(log, 1, 40);
		commit(log, &t);
		assert_int_equal(t.answers, 1);
		assert_int_equal(t.result, LOG_UNKNOWN);
		check_broken(log);
		log = open_log(disk, NULL, 0, oldest, &seen);
		assert_in_range(seen.count, 1, 2);
		log_close(log);
		disk->ops->free(disk);
		below->ops->free(below);
	}
}

static void a_failed_sync_is_unknown_to_all_who_wait(void **state)
{
	static struct seen seen;
	struct disk *below = disk_memory(), *disk = disk_faulty(below);
	struct loop loop;
	struct ticket t[4];
	struct log *log;

	(void)state;
	loop_init(&loop);
	log = open_log(disk, &loop, 0, oldest, &seen);
	for (uint32_t i = 0; i < 3; i++) {
		append(log, i, 40);
		commit(log, &t[i]);
		if (i == 0) {
			faulty_set(disk, FAULT_SYNC, 1, FAIL_IO, false);
			loop_turn(&loop); /* the first is in flight, the others wait for it */
		}
	}
	loop_run(&loop);
	for (uint32_t i = 0; i < 3; i++) {
		assert_int_equal(t[i].answers, 1);
		assert_int_equal(t[i].result, LOG_UNKNOWN);
	}
	assert_true(t[0].order < t[1].order && t[1].order < t[2].order);
	commit(log, &t[3]);
	assert_int_equal(t[3].answers, 0);
	loop_run(&loop);
	assert_int_equal(t[3].result, LOG_UNKNOWN);
	check_broken(log);
	loop_run(&loop);
	loop_fini(&loop);
	disk->ops->free(disk);
	below->ops->free(below);
}

static void a_write_through_that_fails_breaks_the_log(void **state)
{
	static struct seen seen;
	struct disk *below = disk_memory(), *disk = disk_faulty(below);
	struct log *log = open_log(disk, NULL, 0, oldest, &seen);
	char *large = memory_new(100000);
	struct span part = {large, 100000};
	struct log_pos pos;
	struct why w;

	(void)state;
	append(log, 0, 40);
	commit_done(log);
	faulty_set(disk, FAULT_WRITE, 1, FAIL_DISK_FULL, false);
	assert_int_equal(log_append(log, TYPE, &part, 1, &pos, &w), FAIL_DISK_FULL);
	check_broken(log);
	log = open_log(disk, NULL, 0, oldest, &seen);
	check_prefix(&seen, 1);
	log_close(log);
	free(large);
	disk->ops->free(disk);
	below->ops->free(below);
}

/* Opening while any one call fails: an answer, never a crash, and nothing is lost by it. */
static void opening_fails_cleanly(void **state)
{
	static struct seen seen;
	struct disk *disk = disk_memory(), *faulty = disk_faulty(disk);
	struct log *log = open_log(disk, NULL, 1500, oldest, &seen);
	struct log_pos ends[GROUPS];
	size_t failed = 0;

	(void)state;
	write_groups(log, ends);
	log_close(log);
	for (enum fault_call call = 0; call < FAULT_CALLS; call++)
		for (unsigned nth = 1; nth < 12; nth++) {
			faulty_set(faulty, call, nth, FAIL_IO, false);
			if (try_open(faulty, NULL, 1500, oldest, &seen, &log)) {
				failed++;
			} else {
				check_prefix(&seen, RECORDS);
				faulty_set(faulty, call, 0, FAIL_NONE, false);
				log_close(log);
			}
			faulty_set(faulty, call, 0, FAIL_NONE, false);
			log = open_log(faulty, NULL, 1500, oldest, &seen);
			check_prefix(&seen, RECORDS);
			log_close(log);
		}
	assert_true(failed > 20);
	faulty->ops->free(faulty);
	disk->ops->free(disk);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_failed_sync_is_unknown),
		cmocka_unit_test(a_failed_sync_is_unknown_to_all_who_wait),
		cmocka_unit_test(a_write_through_that_fails_breaks_the_log),
		cmocka_unit_test(opening_fails_cleanly),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

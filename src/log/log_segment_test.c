/* Segments as their owner handles them: pins, removal, what may come back after it, and a log that is only read. */
#include "base/test.h"

#include "log/faulty.h"
#include "log/log_bench.h"

static bool has_segment(const struct log *log, uint32_t number)
{
	struct log_segment_info info[64];
	size_t n = log_segments(log, info, ARRAY_LEN(info));

	for (size_t i = 0; i < n && i < ARRAY_LEN(info); i++)
		if (info[i].number == number)
			return true;
	return false;
}

static void segments_go_when_nobody_needs_them(void **state)
{
	struct disk *disk = disk_memory();
	struct seen seen;
	struct log *log = open_log(disk, NULL, 2000, (struct log_pos){0, 0}, &seen);
	struct log_pos pos[8];
	struct why w;

	(void)state;
	for (uint32_t i = 0; i < 8; i++) {
		pos[i] = append(log, i, 1000);
		commit_done(log);
	}
	assert_int_equal(log_remove_segment(log, pos[7].segment, &w), FAIL_CANNOT); /* still written to */
	assert_int_equal(log_remove_segment(log, pos[0].segment, &w), FAIL_NONE);
	assert_false(has_segment(log, pos[0].segment));
	log_pin(log, pos[2].segment);
	log_pin(log, pos[2].segment);
	assert_int_equal(log_remove_segment(log, pos[2].segment, &w), FAIL_NONE);
	assert_int_equal(log_remove_segment(log, pos[2].segment, &w), FAIL_NONE);
	read_back(log, pos[2], 2, 1000);
	log_unpin(log, pos[2].segment);
	assert_true(has_segment(log, pos[2].segment));
	log_unpin(log, pos[2].segment);
	assert_false(has_segment(log, pos[2].segment));
	/* Left behind by a group that no later one proves yet: it goes with the next. */
	pos[0] = append(log, 8, 900);
	pos[1] = append(log, 9, 1500);
	assert_true(pos[1].segment > pos[0].segment);
	commit_done(log);
	assert_int_equal(log_remove_segment(log, pos[0].segment, &w), FAIL_NONE);
	assert_true(has_segment(log, pos[0].segment));
	append(log, 10, 10);
	commit_done(log);
	assert_false(has_segment(log, pos[0].segment));
	log_close(log);
	log = open_log(disk, NULL, 2000, (struct log_pos){0, 0}, &seen);
	assert_int_equal(seen.rot, 0);
	assert_false(told(&seen, 0));
	assert_false(told(&seen, 2));
	assert_false(told(&seen, 8));
	assert_true(told(&seen, 7) && told(&seen, 9) && told(&seen, 10));
	log_close(log);
	disk->ops->free(disk);
}

/* The header that tells where a generation ended may go before that generation does: its torn tail stays dead. */
static void a_torn_tail_stays_dead_without_the_next_generation(void **state)
{
	struct disk *disk = disk_memory(), *copy;
	struct seen seen;
	struct log *log = open_log(disk, NULL, 0, (struct log_pos){0, 0}, &seen);
	struct why w;

	(void)state;
	append(log, 0, 100);
	commit_done(log);
	append(log, 0xdead, 70000); /* written through, never committed */
	copy = copy_disk(disk, 1);
	log_close(log);
	for (uint32_t generation = 2; generation < 6; generation++) {
		log = open_log(copy, NULL, 0, (struct log_pos){0, 0}, &seen);
		assert_int_equal(seen.count, generation == 2 ? 1 : 2);
		assert_int_equal(seen.rot, 0);
		assert_false(told(&seen, 0xdead));
		append(log, generation, 30);
		commit_done(log);
		if (generation > 2)
			assert_int_equal(log_remove_segment(log, generation - 1, &w), FAIL_NONE);
		log_close(log);
	}
	copy->ops->free(copy);
	disk->ops->free(disk);
}

/* What a loss of power leaves of a segment that was never begun is not taken for rot later, when the segments that told its place have gone. */
static void a_segment_that_was_never_begun_goes_before_it_looks_like_rot(void **state)
{
	static const char rubbish[3000] = "not a header";
	struct disk *disk = disk_memory();
	struct seen seen;
	struct log *log = open_log(disk, NULL, 0, (struct log_pos){0, 0}, &seen);
	char *bytes;
	struct why w;
	size_t n;

	(void)state;
	append(log, 0, 100);
	commit_done(log);
	log_close(log);
	bytes = file_bytes(disk, 1, &n);
	set_file(disk, 3, bytes, n); /* somebody's copy stays */
	free(bytes);
	set_file(disk, 2, rubbish, sizeof rubbish);
	set_file(disk, 4, "", 0);
	for (uint32_t number = 5; number < 9; number++) { /* of the new generation */
		log = open_log(disk, NULL, 0, (struct log_pos){0, 0}, &seen);
		assert_int_equal(seen.rot, 0);
		assert_true(has_segment(log, number) && !has_segment(log, 2) && !has_segment(log, 4));
		assert_true(number > 5 || has_segment(log, 3));
		append(log, number, 30);
		commit_done(log);
		for (uint32_t gone = 1; gone < number; gone++)
			assert_int_equal(log_remove_segment(log, gone, &w), FAIL_NONE);
		log_close(log);
	}
	disk->ops->free(disk);
}

/* The same file before the end is rot: it stays, and is told every time. */
static void a_segment_that_cannot_be_read_before_the_end_stays(void **state)
{
	static const char rubbish[3000] = "not a header";
	struct disk *disk = disk_memory();
	struct seen seen;
	struct log *log = open_log(disk, NULL, 2000, (struct log_pos){0, 0}, &seen);

	(void)state;
	for (uint32_t i = 0; i < 4; i++) {
		append(log, i, 1000);
		commit_done(log);
	}
	log_close(log);
	set_file(disk, 2, rubbish, sizeof rubbish);
	for (int i = 0; i < 3; i++) {
		log = open_log(disk, NULL, 2000, (struct log_pos){0, 0}, &seen);
		assert_int_equal(seen.rot, 1);
		assert_true(has_segment(log, 2));
		assert_true(told(&seen, 0) && !told(&seen, 1) && told(&seen, 3));
		log_close(log);
	}
	disk->ops->free(disk);
}

static void reading_only_writes_nothing(void **state)
{
	struct disk *below = disk_memory(), *disk = disk_faulty(below);
	struct log_settings settings = {.dir = "log", .read_only = true};
	struct seen seen = {0};
	struct log_replay replay = {.context = &seen, .record = see_record, .rot = see_rot};
	struct log *log = open_log(below, NULL, 0, (struct log_pos){0, 0}, &seen);
	struct log_pos pos = append(log, 0, 100), nowhere;
	struct span part = SPAN("abcd");
	struct why w;

	(void)state;
	commit_done(log);
	log_close(log);
	nowhere = (struct log_pos){0, 0};
	memset(&seen, 0, sizeof seen);
	assert_int_equal(log_open(disk, &settings, NULL, nowhere, &replay, &log, &w), FAIL_NONE);
	assert_int_equal(seen.count, 1);
	read_back(log, pos, 0, 100);
	assert_int_equal(log_append(log, TYPE, &part, 1, &nowhere, &w), FAIL_NO_PERMISSION);
	log_close(log);
	assert_int_equal(faulty_count(disk, FAULT_WRITE) + faulty_count(disk, FAULT_SYNC) +
				 faulty_count(disk, FAULT_SYNC_DIR) + faulty_count(disk, FAULT_REMOVE) +
				 faulty_count(disk, FAULT_MAKE_DIR),
		0);
	disk->ops->free(disk);
	below->ops->free(below);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(segments_go_when_nobody_needs_them),
		cmocka_unit_test(a_torn_tail_stays_dead_without_the_next_generation),
		cmocka_unit_test(a_segment_that_was_never_begun_goes_before_it_looks_like_rot),
		cmocka_unit_test(a_segment_that_cannot_be_read_before_the_end_stays),
		cmocka_unit_test(reading_only_writes_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

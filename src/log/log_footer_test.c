/* Footers: a replay goes by them and reads little else, what they copy is not lost when it rots in its place, and a bad one costs nothing. */
#include "base/test.h"

#include "log/faulty.h"
#include "log/footer.h"
#include "log/log_bench.h"

enum { SEGMENT = 4096, MESSAGES = 24 };

/* Each message is bulk and one record of TYPE; returns how many segments are sealed with all messages in them. */
static size_t write_messages(struct disk *disk, uint32_t bulk, uint32_t length)
{
	static struct seen seen;
	struct log_segment_info info[64];
	struct log *log = open_log(disk, NULL, SEGMENT, oldest, &seen);
	size_t segments;

	for (uint32_t i = 0; i < MESSAGES; i++) {
		append_bulk(log, bulk);
		append(log, i, length);
		commit_done(log);
	}
	segments = log_segments(log, info, ARRAY_LEN(info));
	assert_true(segments < ARRAY_LEN(info));
	log_close(log);
	return segments;
}

static void check_messages(const struct seen *seen)
{
	assert_int_equal(seen->count, MESSAGES);
	for (uint32_t i = 0; i < MESSAGES; i++)
		assert_int_equal(seen->tag[i], i);
}

/* Opens without writing, as `check` does when `deep`. */
static void look(struct disk *disk, bool deep, uint64_t types, struct seen *seen)
{
	struct log_settings settings = {
		.dir = "log", .read_only = true, .footer_types = types, .every_byte = deep, .segment_size = SEGMENT};
	struct log_replay replay = {.context = seen, .record = see_record, .rot = see_rot};
	struct log *log;
	struct why w;

	memset(seen, 0, sizeof *seen);
	assert_int_equal(log_open(disk, &settings, NULL, oldest, &replay, &log, &w), FAIL_NONE);
	log_close(log);
}

static void a_replay_goes_by_the_footers(void **state)
{
	static struct seen quick, deep;
	struct disk *disk = disk_memory();

	(void)state;
	footer_types = FOOTERS_ON;
	assert_true(write_messages(disk, 700, 60) > 4);
	look(disk, false, FOOTERS_ON, &quick);
	look(disk, true, FOOTERS_ON, &deep);
	check_messages(&quick);
	check_messages(&deep);
	assert_memory_equal(quick.pos, deep.pos, MESSAGES * sizeof *quick.pos);
	assert_int_equal(quick.rot + deep.rot, 0);
	assert_int_equal(quick.bulk, 0); /* also of the last segment, which the closing ended */
	assert_int_equal(deep.bulk, MESSAGES);
	disk->ops->free(disk);
}

/* What a footer cannot tell is read. */
static void a_footer_of_fewer_types_is_not_enough(void **state)
{
	static struct seen seen;
	struct disk *disk = disk_memory();

	(void)state;
	footer_types = FOOTERS_ON;
	write_messages(disk, 700, 60);
	look(disk, false, FOOTERS_ON | 1 << BULK, &seen);
	check_messages(&seen);
	assert_int_equal(seen.bulk, MESSAGES);
	look(disk, false, 0, &seen);
	check_messages(&seen);
	assert_int_equal(seen.bulk, MESSAGES);
	disk->ops->free(disk);
}

static void replay_from_the_middle_of_a_segment(void **state)
{
	static struct seen all, seen;
	struct disk *disk = disk_memory();
	struct log *log;

	(void)state;
	footer_types = FOOTERS_ON;
	write_messages(disk, 700, 60);
	look(disk, false, FOOTERS_ON, &all);
	for (size_t i = 0; i < all.count; i++) {
		log = open_log(disk, NULL, SEGMENT, all.pos[i], &seen);
		assert_int_equal(seen.count, all.count - i);
		assert_int_equal(seen.tag[0], i);
		assert_int_equal(seen.rot, 0);
		log_close(log);
	}
	disk->ops->free(disk);
}

/* A segment with more of it than a footer takes has none, and one whose process was killed has none. */
static void a_segment_without_a_footer_is_read(void **state)
{
	static struct seen seen;
	struct disk *disk = disk_memory(), *killed;
	struct log *log;

	(void)state;
	footer_types = FOOTERS_ON;
	write_messages(disk, 10, SEGMENT / 4);
	look(disk, false, FOOTERS_ON, &seen);
	check_messages(&seen);
	assert_true(seen.bulk > MESSAGES / 2);
	assert_int_equal(seen.rot, 0);
	disk->ops->free(disk);

	disk = disk_memory();
	log = open_log(disk, NULL, 0, oldest, &seen);
	for (uint32_t i = 0; i < MESSAGES; i++) {
		append_bulk(log, 100);
		append(log, i, 60);
		commit_done(log);
	}
	killed = copy_disk(disk, 1);
	log_close(log);
	look(killed, false, FOOTERS_ON, &seen);
	check_messages(&seen);
	assert_int_equal(seen.bulk, MESSAGES);
	killed->ops->free(killed);
	disk->ops->free(disk);
}

/* One bad byte anywhere in segments that have footers: every record is told, by a quick replay and by one of every byte, and the latter
 * reports it whenever the byte means something. */
static void a_bad_byte_costs_nothing(void **state)
{
	static struct seen seen;
	struct disk *disk = disk_memory(), *copy;
	size_t segments, reports = 0, bytes_in_all = 0, n;

	(void)state;
	footer_types = FOOTERS_ON;
	segments = write_messages(disk, 700, 60);
	for (uint32_t segment = 1; segment <= segments; segment++) {
		char *bytes = file_bytes(disk, segment, &n);

		copy = copy_disk(disk, (uint32_t)segments);
		for (size_t at = 0; at < n; at += at < SEGMENT_START ? 7 : 1) {
			bytes[at] ^= (char)(at % 3 ? 1 << at % 8 : 0xff);
			set_file(copy, segment, bytes, n);
			bytes[at] ^= (char)(at % 3 ? 1 << at % 8 : 0xff);
			look(copy, false, FOOTERS_ON, &seen);
			check_messages(&seen);
			look(copy, true, FOOTERS_ON, &seen);
			check_messages(&seen);
			assert_true(seen.rot <= 2);
			reports += seen.rot > 0;
			bytes_in_all += at >= SEGMENT_START;
		}
		copy->ops->free(copy);
		free(bytes);
	}
	/* all but the padding of records and the last group of all */
	assert_true(reports > bytes_in_all * 9 / 10);
	disk->ops->free(disk);
}

/* Every byte of the record's place is gone, not just one. */
static void records_that_are_gone_are_told_from_the_footer(void **state)
{
	static struct seen all, seen;
	struct disk *disk = disk_memory();
	struct log_pos gone;
	char *bytes;
	size_t n;

	(void)state;
	footer_types = FOOTERS_ON;
	write_messages(disk, 700, 60);
	look(disk, true, FOOTERS_ON, &all);
	gone = all.pos[0];
	bytes = file_bytes(disk, gone.segment, &n);
	memset(bytes + gone.offset, 0, all.pos[1].offset - gone.offset + 16); /* two of them, and bulk */
	set_file(disk, gone.segment, bytes, n);
	free(bytes);
	look(disk, true, FOOTERS_ON, &seen);
	check_messages(&seen);
	assert_memory_equal(seen.pos, all.pos, MESSAGES * sizeof *all.pos);
	assert_int_equal(seen.rot, 1);
	disk->ops->free(disk);
}

/* After the opening, segment by segment, two cursors at a time; with and without footers. */
static void a_cursor_tells_what_the_replay_told(void **state)
{
	(void)state;
	for (uint32_t bulk = 600; bulk < 2000; bulk += 1000) {
		static struct seen seen, again;
		struct disk *disk = disk_memory();
		struct log_segment_info info[64];
		struct log_cursor *c, *other;
		struct span payload;
		struct log_pos pos;
		struct log *log;
		bool more = true;
		uint8_t type;
		struct why w;
		size_t n;

		footer_types = bulk > 1000 ? 0 : FOOTERS_ON;
		write_messages(disk, bulk, 60);
		log = open_log(disk, NULL, SEGMENT, oldest, &seen);
		memset(&again, 0, sizeof again);
		n = log_segments(log, info, ARRAY_LEN(info));
		for (size_t i = 0; i + 1 < n; i++) {
			assert_int_equal(log_cursor_open(log, info[i].number, &c, &w), FAIL_NONE);
			assert_int_equal(log_cursor_open(log, info[i].number, &other, &w), FAIL_NONE);
			assert_int_equal(log_cursor_next(other, &more, &pos, &type, &payload, &w), FAIL_NONE);
			while (!log_cursor_next(c, &more, &pos, &type, &payload, &w) && more)
				assert_int_equal(see_record(&again, pos, type, payload, &w), FAIL_NONE);
			assert_false(more);
			log_cursor_close(c);
			log_cursor_close(other);
		}
		assert_int_equal(log_cursor_open(log, info[n - 1].number, &c, &w), FAIL_NOT_FOUND); /* new */
		assert_int_equal(log_cursor_open(log, 999, &c, &w), FAIL_NOT_FOUND);
		assert_int_equal(again.count, seen.count);
		assert_int_equal(again.bulk, seen.bulk);
		assert_memory_equal(again.pos, seen.pos, seen.count * sizeof *seen.pos);
		log_close(log);
		disk->ops->free(disk);
	}
}

static void a_footer_is_taken_apart_with_care(void **state)
{
	struct footer f = {0};
	struct footer_reader r;
	struct span entry = SPAN("abcd"), parts[2];
	char head[FOOTER_HEAD], payload[200] = {0};
	size_t n;

	(void)state;
	footer_begin(&f, FOOTERS_ON, 100);
	footer_add(&f, SEGMENT_START, TYPE, &entry, 1);
	footer_add(&f, SEGMENT_START + 8, BULK, &entry, 1);
	footer_add(&f, SEGMENT_START + 64, TYPE, &entry, 1);
	footer_put(&f, head, parts);
	n = parts[0].n + parts[1].n;
	memcpy(payload, parts[0].p, parts[0].n);
	memcpy(payload + parts[0].n, parts[1].p, parts[1].n);
	assert_true(footer_open(span(payload, n), 2000, &r));
	assert_true(r.has && r.at.offset == SEGMENT_START && span_eq(r.at.payload, entry));
	footer_step(&r);
	assert_true(r.has && r.at.offset == SEGMENT_START + 64);
	footer_step(&r);
	assert_false(r.has);
	for (size_t cut = 0; cut < n; cut++)
		assert_false(footer_open(span(payload, cut), 2000, &r));
	assert_false(footer_open(span(payload, n), SEGMENT_START + 64, &r)); /* a record behind its own copy */
	payload[0]++;
	assert_false(footer_open(span(payload, n), 2000, &r)); /* a newer version */
	entry = span(payload, 100);
	footer_add(&f, SEGMENT_START + 128, TYPE, &entry, 1);
	assert_false(footer_wanted(&f));
	footer_fini(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_replay_goes_by_the_footers),
		cmocka_unit_test(a_footer_of_fewer_types_is_not_enough),
		cmocka_unit_test(replay_from_the_middle_of_a_segment),
		cmocka_unit_test(a_segment_without_a_footer_is_read),
		cmocka_unit_test(a_bad_byte_costs_nothing),
		cmocka_unit_test(records_that_are_gone_are_told_from_the_footer),
		cmocka_unit_test(a_cursor_tells_what_the_replay_told),
		cmocka_unit_test(a_footer_is_taken_apart_with_care),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

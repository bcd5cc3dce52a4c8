/* Torn tails, rot, files of other kinds: what is bad is told from what is torn, costs itself alone, and never brings the program
 * down. */
#include "base/test.h"

#include "log/faulty.h"
#include "log/log_bench.h"

static size_t records_before(const struct log_pos ends[GROUPS], uint64_t cut)
{
	size_t records = 0;

	for (size_t i = 0; i < GROUPS && ends[i].offset <= cut; i++)
		records += i + 1;
	return records;
}

/* How a tail may be torn. */
enum tear { TEAR_CUT, TEAR_ZEROS, TEAR_RUBBISH, TEARS };

static void tear_at(const char *bytes, size_t n, size_t cut, enum tear tear, size_t records)
{
	static struct seen seen;
	struct disk *disk = disk_memory();
	char *torn = memory_new(n + 1);
	struct log *log;

	memcpy(torn, bytes, n);
	if (tear != TEAR_CUT)
		memset(torn + cut, tear == TEAR_ZEROS ? 0 : 0xa5, n - cut);
	set_file(disk, 1, torn, tear == TEAR_CUT ? cut : n);
	log = open_log(disk, NULL, 0, oldest, &seen);
	check_prefix(&seen, records);
	append(log, (uint32_t)records, 20);
	commit_done(log);
	log_close(log);
	/* What was torn stays dead, though a newer group follows it now. */
	log = open_log(disk, NULL, 0, oldest, &seen);
	check_prefix(&seen, records + 1);
	log_close(log);
	free(torn);
	disk->ops->free(disk);
}

static void a_tail_torn_anywhere_is_dropped(void **state)
{
	static struct seen seen;
	struct disk *disk = disk_memory();
	struct log *log = open_log(disk, NULL, 0, oldest, &seen);
	struct log_pos ends[GROUPS];
	char *bytes;
	size_t n;

	(void)state;
	write_groups(log, ends);
	append(log, 0xdead, 50);
	bytes = file_bytes(disk, 1, &n);
	assert_non_null(bytes);
	for (size_t cut = SEGMENT_START; cut <= n; cut++)
		for (enum tear tear = 0; tear < TEARS; tear++) {
			/* the zeros after a group's end may be its own last bytes */
			if (tear == TEAR_ZEROS && cut < n && !bytes[cut])
				continue;
			tear_at(bytes, n, cut, tear, records_before(ends, cut));
		}
	for (size_t cut = 0; cut < SEGMENT_HEADER_SIZE; cut++)
		tear_at(bytes, n, cut, TEAR_CUT, 0);
	free(bytes);
	log_close(log);
	disk->ops->free(disk);
}

/* One byte is bad: at most one record may be missing, and only with a report. Twice, and with more appended between. */
static void flip(struct disk *disk, uint32_t segments, uint32_t segment, size_t at, char with, size_t *lost)
{
	static struct seen seen;
	struct disk *copy = copy_disk(disk, segments);
	size_t n, missing = 0;
	char *bytes = file_bytes(copy, segment, &n);
	struct log *log;

	bytes[at] ^= with;
	set_file(copy, segment, bytes, n);
	free(bytes);
	log = open_log(copy, NULL, 700, oldest, &seen);
	for (uint32_t tag = 0; tag < RECORDS; tag++)
		missing += !told(&seen, tag);
	assert_int_equal(seen.count + missing, RECORDS);
	assert_true(missing <= 1);
	assert_true(!missing || seen.rot);
	*lost += missing;
	append(log, RECORDS, 20);
	commit_done(log);
	log_close(log);
	log = open_log(copy, NULL, 700, oldest, &seen);
	assert_int_equal(seen.count + missing, RECORDS + 1);
	assert_true(told(&seen, RECORDS));
	assert_true(!missing || seen.rot);
	log_close(log);
	copy->ops->free(copy);
}

static void a_bad_byte_costs_one_record_at_most(void **state)
{
	static struct seen seen;
	struct disk *disk = disk_memory();
	struct log *log = open_log(disk, NULL, 1500, oldest, &seen);
	struct log_segment_info info[10];
	struct log_pos ends[GROUPS];
	size_t segments, lost = 0;

	(void)state;
	write_groups(log, ends);
	log_close(log); /* closes with an empty group, which proves the last one */
	log = open_log(disk, NULL, 1500, oldest, &seen);
	segments = log_segments(log, info, ARRAY_LEN(info)) - 1;
	assert_true(segments >= 2); /* and the empty one of this opening is left out: it proves too much */
	for (size_t i = 0; i < segments; i++)
		for (size_t at = 0; at < info[i].bytes; at++)
			flip(disk, (uint32_t)segments, info[i].number, at, (char)(at % 3 ? 1 << at % 8 : 0xff), &lost);
	assert_true(lost > RECORDS * RECORD_HEADER_SIZE / 2);
	log_close(log);
	disk->ops->free(disk);
}

/* The same for a log that was killed and opened again: the new generation's header proves the last group of the one before. */
static void an_opening_proves_the_last_group(void **state)
{
	static struct seen seen;
	struct disk *disk = disk_memory(), *killed;
	struct log *log = open_log(disk, NULL, 0, oldest, &seen);
	struct log_segment_info info[10];
	struct log_pos ends[GROUPS];
	size_t lost = 0;

	(void)state;
	write_groups(log, ends);
	killed = copy_disk(disk, 1);
	log_close(log);
	log = open_log(killed, NULL, 0, oldest, &seen);
	assert_int_equal(log_segments(log, info, ARRAY_LEN(info)), 2);
	for (size_t at = ends[GROUPS - 2].offset; at < info[0].bytes; at++)
		flip(killed, 2, 1, at, 0x10, &lost);
	assert_true(lost > GROUPS * RECORD_HEADER_SIZE / 2);
	log_close(log);
	killed->ops->free(killed);
	disk->ops->free(disk);
}

static void expect_refusal(struct disk *disk, enum fail expected)
{
	struct log_settings settings = {.dir = "log"};
	struct log *log = NULL;
	struct why w = {0};

	assert_int_equal(log_open(disk, &settings, NULL, oldest, NULL, &log, &w), expected);
	assert_true(w.text[0] && w.log[0]);
	assert_null(log);
}

static void other_files_are_refused(void **state)
{
	struct segment_header h = {.version = FORMAT_VERSION + 1, .number = 1, .generation = 5};
	struct record_header r = {.version = FORMAT_VERSION + 1, .type = TYPE};
	struct span nothing = {"", 0};
	struct disk *disk = disk_memory();
	char bytes[SEGMENT_START + RECORD_HEADER_SIZE];

	(void)state;
	segment_header_put(&h, bytes);
	set_file(disk, 1, bytes, SEGMENT_START);
	expect_refusal(disk, FAIL_CONFIG);
	h.version = FORMAT_VERSION;
	segment_header_put(&h, bytes);
	r.payload_sum = record_payload_sum(&nothing, 1);
	record_header_put(&r, h.generation, (struct log_pos){1, SEGMENT_START}, bytes + SEGMENT_START);
	set_file(disk, 1, bytes, sizeof bytes);
	expect_refusal(disk, FAIL_CONFIG);
	memset(bytes, 'x', sizeof bytes);
	set_file(disk, 1, bytes, sizeof bytes);
	expect_refusal(disk, FAIL_CORRUPT);
	disk->ops->free(disk);
}

/* Whichever bit has turned: no part of a payload is given out, also of the parts that are whole. */
static void no_part_of_a_bad_record_is_read(void **state)
{
	static struct seen seen;
	enum { LENGTH = 20000 };
	struct disk *disk = disk_memory();
	struct log *log = open_log(disk, NULL, 0, oldest, &seen);
	struct log_pos pos = append(log, 5, LENGTH);
	char part[100], *bytes;
	size_t n;

	(void)state;
	commit_done(log);
	log_close(log);
	bytes = file_bytes(disk, 1, &n);
	for (size_t at = pos.offset; at < pos.offset + RECORD_HEADER_SIZE + LENGTH; at += 97) {
		bytes[at] ^= 4;
		set_file(disk, 1, bytes, n);
		bytes[at] ^= 4;
		log = open_log(disk, NULL, 0, oldest, &seen);
		for (uint32_t from = 0; from + sizeof part < LENGTH; from += 4999) {
			struct log_read r = {.pos = pos, .type = TYPE, .offset = from, .n = sizeof part, .dst = part};

			assert_int_equal(log_read_now(log, &r), FAIL_CORRUPT);
		}
		log_close(log);
	}
	set_file(disk, 1, bytes, n);
	log = open_log(disk, NULL, 0, oldest, &seen);
	for (uint32_t from = 0; from + sizeof part < LENGTH; from += 4999) {
		struct log_read r = {.pos = pos, .type = TYPE, .offset = from, .n = sizeof part, .dst = part};

		assert_int_equal(log_read_now(log, &r), FAIL_NONE);
		assert_memory_equal(part, bytes + pos.offset + RECORD_HEADER_SIZE + from, sizeof part);
	}
	log_close(log);
	free(bytes);
	disk->ops->free(disk);
}

/* A body is asked for piece by piece: it is read from the disk and checked once, not once for each. */
static void the_parts_of_a_record_cost_one_reading(void **state)
{
	static struct seen seen;
	enum { LENGTH = 256 << 10, PIECE = 64 << 10 };
	struct disk *below = disk_memory(), *disk = disk_faulty(below);
	struct log *log = open_log(disk, NULL, 0, oldest, &seen);
	struct log_pos pos[12];
	char *piece = memory_new(PIECE);
	unsigned before;

	(void)state;
	for (uint32_t i = 0; i < ARRAY_LEN(pos); i++)
		pos[i] = append(log, i, LENGTH);
	commit_done(log);
	before = faulty_count(disk, FAULT_READ_CACHED);
	for (uint32_t i = 0; i < ARRAY_LEN(pos); i++)
		for (uint32_t from = 0; from < LENGTH; from += PIECE) {
			struct log_read r = {.pos = pos[i], .type = TYPE, .offset = from, .n = PIECE, .dst = piece};

			assert_int_equal(log_read_now(log, &r), FAIL_NONE);
			assert_int_equal(piece[PIECE - 1], (char)(i * 31 + from + PIECE - 1));
		}
	assert_int_equal(faulty_count(disk, FAULT_READ_CACHED) - before, 2 * ARRAY_LEN(pos));
	{
		struct log_read wrong = {.pos = pos[11], .type = TYPE + 1, .offset = 1, .n = 1, .dst = piece};
		struct log_read beyond = {.pos = pos[11], .type = TYPE, .offset = LENGTH - 1, .n = 2, .dst = piece};

		assert_int_equal(log_read_now(log, &wrong), FAIL_CORRUPT);
		assert_int_equal(log_read_now(log, &beyond), FAIL_CORRUPT);
	}
	log_close(log);
	free(piece);
	disk->ops->free(disk);
	below->ops->free(below);
}

static enum fail know_none(void *context, struct log_pos pos, uint8_t type, struct span payload, struct why *w)
{
	(void)pos;
	(void)payload;
	++*(size_t *)context;
	return type == TYPE ? why(w, FAIL_CONFIG, "This is newer.") : FAIL_NONE;
}

static void count_file(void *context, const char *name)
{
	(void)name;
	++*(size_t *)context;
}

static size_t files_of(struct disk *disk)
{
	size_t n = 0;
	struct why w;

	assert_int_equal(disk->ops->list(disk, "log", count_file, &n, &w), FAIL_NONE);
	return n;
}

/* A record that its owner does not know refuses the log before anything is written to it; one that an older opening left behind
 * is for the replay to tell. */
static void an_unknown_record_is_refused_before_anything_is_written(void **state)
{
	static struct seen seen;
	struct log_settings settings = {.dir = "log"};
	size_t asked = 0;
	struct log_replay replay = {.context = &asked, .known = know_none};
	struct disk *disk = disk_memory();
	struct log *log = open_log(disk, NULL, 0, oldest, &seen);
	struct why w;

	(void)state;
	append(log, 0, 20);
	append(log, 1, 20);
	commit_done(log);
	log_close(log);
	assert_int_equal(files_of(disk), 1);
	log = NULL;
	assert_int_equal(log_open(disk, &settings, NULL, oldest, &replay, &log, &w), FAIL_CONFIG);
	assert_null(log);
	assert_int_equal(asked, 1);
	assert_int_equal(files_of(disk), 1);
	log = open_log(disk, NULL, 0, oldest, &seen);
	check_prefix(&seen, 2);
	log_close(log);
	assert_int_equal(log_open(disk, &settings, NULL, oldest, &replay, &log, &w), FAIL_NONE);
	log_close(log);
	disk->ops->free(disk);
}

static void a_place_past_the_end_is_refused(void **state)
{
	static struct seen seen;
	struct disk *disk = disk_memory();
	struct log *log = open_log(disk, NULL, 0, oldest, &seen);
	struct log_pos end;

	(void)state;
	append(log, 0, 20);
	commit_done(log);
	end = log_durable_end(log);
	log_close(log);
	log = open_log(disk, NULL, 0, end, &seen);
	log_close(log);
	end.segment += 1000;
	assert_int_equal(try_open(disk, NULL, 0, end, &seen, &log), FAIL_CORRUPT);
	disk->ops->free(disk);
}

/* A message may hold the bytes of a log, even of this one: they are no records where they stand. */
static void records_inside_a_payload_are_no_records(void **state)
{
	static struct seen seen;
	struct disk *disk = disk_memory();
	struct log *log = open_log(disk, NULL, 0, oldest, &seen);
	struct log_pos pos, end;
	struct span part;
	struct why w;
	char *bytes, *whole;
	size_t n;

	(void)state;
	append(log, 0, 100);
	append(log, 1, 100);
	commit_done(log);
	end = log_durable_end(log);
	bytes = file_bytes(disk, 1, &n);
	part = span(bytes + SEGMENT_START, n - SEGMENT_START);
	assert_int_equal(log_append(log, TYPE, &part, 1, &pos, &w), FAIL_NONE);
	commit_done(log);
	append(log, 2, 100);
	commit_done(log);
	log_close(log);
	free(bytes);
	whole = file_bytes(disk, 1, &n);
	memset(whole + pos.offset, 0xff, RECORD_HEADER_SIZE);
	set_file(disk, 1, whole, n);
	free(whole);
	log = open_log(disk, NULL, 0, oldest, &seen);
	assert_int_equal(seen.count, 3);
	assert_int_equal(seen.tag[2], 2);
	assert_int_equal(seen.rot, 1);
	assert_true(log_pos_cmp(end, pos) <= 0);
	log_close(log);
	disk->ops->free(disk);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_tail_torn_anywhere_is_dropped),
		cmocka_unit_test(a_bad_byte_costs_one_record_at_most),
		cmocka_unit_test(an_opening_proves_the_last_group),
		cmocka_unit_test(other_files_are_refused),
		cmocka_unit_test(no_part_of_a_bad_record_is_read),
		cmocka_unit_test(the_parts_of_a_record_cost_one_reading),
		cmocka_unit_test(an_unknown_record_is_refused_before_anything_is_written),
		cmocka_unit_test(a_place_past_the_end_is_refused),
		cmocka_unit_test(records_inside_a_payload_are_no_records),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The accounts directory when bits of its log turn (INV-A6, INV-A7): what one copy lacks the other has, and where neither has it nothing opens.
 * So a directory of before there were two copies. */
#include "base/test.h"

#include "auth/directory_life.h"
#include "auth/directory_record.h"
#include "base/memory.h"
#include "log/log.h"

/* A file of a disk: read whole, or with one byte changed. */
static char *bytes_of(struct disk *disk, const char *path, size_t *n_out)
{
	struct disk_file *file;
	struct why w;
	char *bytes;

	assert_int_equal(disk->ops->open(disk, path, DISK_READ, &file, &w), FAIL_NONE);
	*n_out = (size_t)file->ops->size(file);
	bytes = memory_new(*n_out + 1);
	assert_int_equal(file->ops->read(file, bytes, *n_out, 0, n_out, &w), FAIL_NONE);
	disk->ops->close(file);
	return bytes;
}

static void change_byte(struct disk *disk, const char *path, size_t at, char with)
{
	struct iovec iov = {&with, 1};
	struct disk_file *file;
	struct why w;

	assert_int_equal(disk->ops->open(disk, path, DISK_READ | DISK_WRITE, &file, &w), FAIL_NONE);
	assert_int_equal(file->ops->write(file, &iov, 1, at, &w), FAIL_NONE);
	disk->ops->close(file);
}

/* Spoils the `nth` place (from 0) where `text` stands. */
static void spoil(struct disk *disk, const char *path, const char *text, size_t nth)
{
	size_t n, at = 0, found;
	char *bytes = bytes_of(disk, path, &n);

	for (size_t i = 0; i <= nth; i++) {
		found = span_find(span(bytes + at, n - at), span_of(text));
		assert_int_not_equal(found, SIZE_MAX);
		at += found + 1;
	}
	change_byte(disk, path, at - 1, '?');
	free(bytes);
}

/* INV-A6: passed over, the old password would open the account again. */
static void rot_is_not_passed_over(void **state)
{
	struct disk *disk = disk_memory();
	struct directory *d = open_on(disk);
	struct why w;
	uint64_t id;

	(void)state;
	assert_int_equal(directory_add(d, SPAN("anna"), hashes[0], 1, &id, &w), FAIL_NONE);
	assert_int_equal(directory_set_hash(d, id, hashes[1], &w), FAIL_NONE);
	directory_close(d);
	spoil(disk, "accounts/0000000001.log", hashes[1], 0);
	spoil(disk, "accounts/0000000001.log", hashes[1], 0); /* the first has gone: the other copy */
	d = NULL;
	for (int i = 0; i < 12; i++) { /* it stays so, and nothing is compacted away */
		assert_int_equal(directory_open(disk, false, &d, &w), FAIL_CORRUPT);
		assert_null(d);
		assert_true(span_find(span_of(w.log), SPAN("segment 1,")) != SIZE_MAX);
	}
	assert_int_equal(directory_open(disk, true, &d, &w), FAIL_CORRUPT);
	disk->ops->free(disk);
}

static struct disk *copy_of(struct disk *from, size_t files)
{
	struct disk *to = disk_memory();
	struct disk_file *file;
	struct why w;

	assert_int_equal(to->ops->make_dir(to, "accounts", &w), FAIL_NONE);
	for (size_t i = 1; i <= files; i++) {
		char path[40];
		struct iovec iov;

		snprintf(path, sizeof path, "accounts/%010zu.log", i);
		iov.iov_base = bytes_of(from, path, &iov.iov_len);
		assert_int_equal(to->ops->open(to, path, DISK_CREATE | DISK_WRITE, &file, &w), FAIL_NONE);
		assert_int_equal(file->ops->write(file, &iov, 1, 0, &w), FAIL_NONE);
		to->ops->close(file);
		free(iov.iov_base);
	}
	return to;
}

/* INV-A7: whichever bit turns, everybody is there as before, and it is told; once it has been opened it bears the next one. */
static size_t bear_a_bit(struct disk *master, size_t files, size_t file, size_t at, char bit, const struct promise *now)
{
	struct disk *disk = copy_of(master, files);
	uint32_t segment, offset;
	struct directory *d;
	char path[40], *bytes;
	size_t n, told = 0;
	uint64_t id;
	struct why w;

	snprintf(path, sizeof path, "accounts/%010zu.log", file);
	bytes = bytes_of(disk, path, &n);
	change_byte(disk, path, at, bytes[at] ^ bit);
	free(bytes);
	d = open_on(disk);
	assert_true(is(d, now));
	told = directory_was_damaged(d, &segment, &offset);
	assert_int_equal(directory_add(d, SPAN("zoe"), hashes[0], 1, &id, &w), FAIL_NONE);
	assert_true(id > now->last_id);
	assert_int_equal(directory_remove(d, id, false, &w), FAIL_NONE);
	assert_int_equal(directory_erased(d, id, &w), FAIL_NONE);
	directory_close(d);
	d = open_on(disk);
	assert_true(is(d, now));
	assert_false(directory_was_damaged(d, &segment, &offset));
	directory_close(d);
	disk->ops->free(disk);
	return told;
}

static void no_bit_locks_anybody_out(void **state)
{
	struct disk *master = disk_memory();
	struct directory *d = open_on(master);
	struct promise now = {0}, next;
	uint64_t seed = 11;
	size_t files, told = 0, places = 0;
	struct why w;

	(void)state;
	for (int i = 0; i < 24; i++) {
		if (i % 9 == 8) {
			directory_close(d);
			d = open_on(master);
		}
		assert_int_equal(change(d, &now, dice(&seed), &next, &w), FAIL_NONE);
		now = next;
	}
	directory_close(d);
	files = files_of(master);
	for (size_t file = 1; file <= files; file++) {
		char path[40];
		size_t n;

		snprintf(path, sizeof path, "accounts/%010zu.log", file);
		free(bytes_of(master, path, &n));
		for (size_t at = file; at < n; at += getenv("BARID_ROT") ? 2 : 5, places++)
			told += bear_a_bit(master, files, file, at, (char)(1 << at % 8), &now);
	}
	assert_true(places > 1000 && told > places / 3);
	master->ops->free(master);
}

static void forget(struct log_commit *c, enum log_result result)
{
	(void)c;
	assert_int_equal(result, LOG_DONE);
}

/* A directory as it was written before changes had numbers is read, and has copies from then on. */
static void records_without_numbers_get_copies(void **state)
{
	struct account_record r = {.id = 7, .name = SPAN("anna"), .hash = span_of(hashes[2]), .created = 5};
	struct log_settings settings = {.dir = "accounts"};
	struct disk *disk = disk_memory();
	struct log_commit commit = {.done = forget};
	struct directory *d;
	struct log *log = NULL;
	struct log_pos pos;
	struct buf b;
	struct span part;
	struct why w;

	(void)state;
	assert_int_equal(log_open(disk, &settings, NULL, (struct log_pos){0, 0}, NULL, &log, &w), FAIL_NONE);
	buf_init(&b, DIRECTORY_RECORD_MAX);
	buf_add_u8(&b, 1);
	buf_add_u64(&b, r.id);
	buf_add_u32(&b, 0);
	buf_add_u64(&b, (uint64_t)r.created);
	buf_add_u8(&b, 0);
	buf_add_counted(&b, r.name);
	buf_add_counted(&b, r.hash);
	part = buf_span(&b);
	assert_int_equal(log_append(log, RECORD_ACCOUNT, &part, 1, &pos, &w), FAIL_NONE);
	log_commit(log, &commit);
	log_close(log);
	buf_fini(&b);
	d = open_on(disk);
	assert_non_null(directory_by_name(d, r.name));
	directory_close(d);
	spoil(disk, "accounts/0000000002.log", hashes[2], 1);
	d = open_on(disk);
	assert_int_equal(directory_by_name(d, r.name)->id, 7);
	directory_close(d);
	disk->ops->free(disk);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rot_is_not_passed_over),
		cmocka_unit_test(no_bit_locks_anybody_out),
		cmocka_unit_test(records_without_numbers_get_copies),
	};

	return cmocka_run_group_tests_name("auth/directory and rot", tests, NULL, NULL);
}

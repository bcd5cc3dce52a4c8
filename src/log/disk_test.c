/* One conformance suite over the disks: real, in memory, recording, faulty (when told nothing). And what the recording disk makes
 * of a small history, counted by hand. */
#include "base/test.h"

#include <unistd.h>

#include "base/memory.h"
#include "log/faulty.h"
#include "log/record.h"

struct bench {
	struct disk *disk, *below;
	char root[64]; /* of the real one */
};

static int begin_memory(void **state)
{
	struct bench *b = NEW(struct bench);

	b->disk = disk_memory();
	*state = b;
	return 0;
}

static int begin_record(void **state)
{
	struct bench *b = NEW(struct bench);

	b->disk = disk_record(RECORD_HONEST, NULL);
	*state = b;
	return 0;
}

static int begin_faulty(void **state)
{
	struct bench *b = NEW(struct bench);

	b->below = disk_memory();
	b->disk = disk_faulty(b->below);
	*state = b;
	return 0;
}

static int begin_real(void **state)
{
	struct bench *b = NEW(struct bench);
	struct why w;

	snprintf(b->root, sizeof b->root, "/tmp/barid-disk-test-XXXXXX");
	assert_non_null(mkdtemp(b->root));
	assert_int_equal(disk_real(b->root, &b->disk, &w), FAIL_NONE);
	*state = b;
	return 0;
}

static int end(void **state)
{
	struct bench *b = *state;
	char path[80];

	b->disk->ops->free(b->disk);
	if (b->below)
		b->below->ops->free(b->below);
	if (b->root[0]) {
		snprintf(path, sizeof path, "%s/dir", b->root);
		rmdir(path);
		assert_int_equal(rmdir(b->root), 0); /* the tests remove what they make */
	}
	free(b);
	return 0;
}

static struct disk_file *open_file(struct disk *d, const char *path, unsigned how)
{
	struct disk_file *f = NULL;
	struct why w = {0};

	assert_int_equal(d->ops->open(d, path, how, &f, &w), FAIL_NONE);
	return f;
}

static void write_at(struct disk_file *f, const char *text, uint64_t offset)
{
	struct iovec iov = {(void *)(uintptr_t)text, strlen(text)};

	assert_int_equal(f->ops->write(f, &iov, 1, offset, NULL), FAIL_NONE);
}

static void expect(struct disk_file *f, uint64_t offset, const char *text, size_t n)
{
	char bytes[64];
	size_t got = 99;

	assert_int_equal(f->ops->read(f, bytes, sizeof bytes, offset, &got, NULL), FAIL_NONE);
	assert_int_equal(got, n);
	assert_memory_equal(bytes, text, n);
}

static void files_hold_what_was_written(void **state)
{
	struct disk *d = ((struct bench *)*state)->disk;
	struct disk_file *f, *again;
	struct why w = {0};
	struct iovec parts[150];

	assert_int_equal(d->ops->open(d, "dir/a", DISK_CREATE | DISK_WRITE, &f, &w), FAIL_NOT_FOUND);
	assert_true(w.log[0]);
	assert_int_equal(d->ops->make_dir(d, "dir", &w), FAIL_NONE);
	assert_int_equal(d->ops->make_dir(d, "dir", &w), FAIL_NONE);
	f = open_file(d, "dir/a", DISK_CREATE | DISK_WRITE);
	assert_int_equal(d->ops->open(d, "dir/a", DISK_CREATE | DISK_WRITE, &again, &w), FAIL_EXISTS);
	write_at(f, "hello", 3);
	assert_int_equal(f->ops->size(f), 8);
	expect(f, 0, "\0\0\0hello", 8);
	expect(f, 8, "", 0);
	expect(f, 1000, "", 0);
	for (size_t i = 0; i < ARRAY_LEN(parts); i++)
		parts[i] = (struct iovec){(void *)(uintptr_t) "xyz", i % 4};
	assert_int_equal(f->ops->write(f, parts, ARRAY_LEN(parts), 10, &w), FAIL_NONE);
	assert_int_equal(f->ops->size(f), 10 + 37 * 6 + 1);
	expect(f, 10 + 36 * 6, "xxyxyzx", 7);
	assert_int_equal(f->ops->truncate(f, 6, &w), FAIL_NONE);
	expect(f, 3, "hel", 3);
	assert_int_equal(f->ops->sync(f, &w), FAIL_NONE);
	again = open_file(d, "dir/a", DISK_READ);
	expect(again, 3, "hel", 3);
	again->ops->close(again);
	f->ops->close(f);
	assert_int_equal(d->ops->remove(d, "dir/a", &w), FAIL_NONE);
}

static void room_is_told_and_taken(void **state)
{
	struct disk *d = ((struct bench *)*state)->disk;
	struct disk_file *f = open_file(d, "file", DISK_CREATE | DISK_WRITE);
	char first[64] = "a";
	uint64_t before = 0;
	struct why w;

	assert_int_equal(d->ops->space(d, &before, &w), FAIL_NONE);
	assert_true(before > 0);
	write_at(f, "a", 0);
	assert_int_equal(f->ops->allocate(f, 100000, &w), FAIL_NONE);
	assert_int_equal(f->ops->size(f), 100000);
	expect(f, 0, first, sizeof first);
	expect(f, 99999, "", 1);
	f->ops->close(f);
	assert_int_equal(d->ops->remove(d, "file", NULL), FAIL_NONE);
}

static void a_small_disk_is_soon_full(void **state)
{
	struct disk *d = disk_memory_sized(1000);
	struct disk_file *f = open_file(d, "file", DISK_CREATE | DISK_WRITE), *other;
	uint64_t left = 0;
	struct why w;

	(void)state;
	other = open_file(d, "other", DISK_CREATE | DISK_WRITE);
	assert_int_equal(f->ops->allocate(f, 600, &w), FAIL_NONE);
	assert_int_equal(other->ops->allocate(other, 401, &w), FAIL_DISK_FULL);
	assert_int_equal(other->ops->allocate(other, 300, &w), FAIL_NONE);
	assert_int_equal(d->ops->space(d, &left, &w), FAIL_NONE);
	assert_int_equal(left, 100);
	write_at(other, "abc", 397);
	assert_int_equal(
		other->ops->write(other, &(struct iovec){(void *)(uintptr_t) "abcd", 4}, 1, 397, &w), FAIL_DISK_FULL);
	f->ops->close(f);
	assert_int_equal(d->ops->remove(d, "file", &w), FAIL_NONE);
	assert_int_equal(d->ops->space(d, &left, &w), FAIL_NONE);
	assert_int_equal(left, 600);
	other->ops->close(other);
	d->ops->free(d);
}

static void count_name(void *context, const char *name)
{
	unsigned *names = context;

	if (strcmp(name, "b") == 0)
		*names += 1;
	else if (strcmp(name, "c") == 0)
		*names += 10;
	else
		*names += 100;
}

static unsigned names_in(struct disk *d, const char *path)
{
	unsigned names = 0;

	assert_int_equal(d->ops->list(d, path, count_name, &names, NULL), FAIL_NONE);
	return names;
}

static void names_come_and_go(void **state)
{
	struct disk *d = ((struct bench *)*state)->disk;
	struct disk_file *a, *b;
	struct why w;

	assert_int_equal(d->ops->make_dir(d, "dir", &w), FAIL_NONE);
	a = open_file(d, "dir/a", DISK_CREATE | DISK_WRITE);
	b = open_file(d, "dir/b", DISK_CREATE | DISK_WRITE);
	write_at(a, "a", 0);
	write_at(b, "b", 0);
	assert_int_equal(names_in(d, "dir"), 101);
	assert_int_equal(names_in(d, ""), 100);
	assert_int_equal(d->ops->rename(d, "dir/a", "dir/b", &w), FAIL_NONE);
	assert_int_equal(names_in(d, "dir"), 1);
	expect(b, 0, "b", 1); /* still open, without a name */
	a->ops->close(a);
	a = open_file(d, "dir/b", DISK_READ);
	expect(a, 0, "a", 1);
	assert_int_equal(d->ops->rename(d, "dir/b", "dir/c", &w), FAIL_NONE);
	assert_int_equal(names_in(d, "dir"), 10);
	assert_int_equal(d->ops->sync_dir(d, "dir", &w), FAIL_NONE);
	assert_int_equal(d->ops->sync_dir(d, "", &w), FAIL_NONE);
	assert_int_equal(d->ops->remove(d, "dir/c", &w), FAIL_NONE);
	assert_int_equal(d->ops->remove(d, "dir/c", &w), FAIL_NOT_FOUND);
	assert_int_equal(d->ops->rename(d, "dir/c", "dir/d", &w), FAIL_NOT_FOUND);
	assert_int_equal(d->ops->list(d, "none", count_name, NULL, &w), FAIL_NOT_FOUND);
	assert_int_equal(d->ops->sync_dir(d, "none", &w), FAIL_NOT_FOUND);
	assert_int_equal(names_in(d, "dir"), 0);
	a->ops->close(a);
	b->ops->close(b);
}

static void cached_reads_answer_or_are_busy(void **state)
{
	struct disk *d = ((struct bench *)*state)->disk;
	struct disk_file *f = open_file(d, "file", DISK_CREATE | DISK_WRITE);
	char bytes[8];
	size_t got = 0;
	enum fail fail;

	write_at(f, "hello", 0);
	fail = f->ops->read_cached(f, bytes, sizeof bytes, 0, &got);
	assert_true(fail == FAIL_BUSY || (fail == FAIL_NONE && got == 5 && memcmp(bytes, "hello", 5) == 0));
	f->ops->close(f);
	assert_int_equal(d->ops->remove(d, "file", NULL), FAIL_NONE);
}

static void links_are_not_followed(void **state)
{
	struct bench *b = *state;
	struct disk_file *f;
	char path[80];
	struct why w;

	snprintf(path, sizeof path, "%s/link", b->root);
	assert_int_equal(symlink("/etc/passwd", path), 0);
	assert_true(b->disk->ops->open(b->disk, "link", DISK_READ, &f, &w) != FAIL_NONE);
	assert_int_equal(b->disk->ops->remove(b->disk, "link", &w), FAIL_NONE);
	assert_int_equal(disk_real("/nonexistent", &b->below, &w), FAIL_NOT_FOUND);
}

static void faults_come_when_told(void **state)
{
	struct disk *d = ((struct bench *)*state)->disk;
	struct disk_file *f = open_file(d, "file", DISK_CREATE | DISK_WRITE);
	struct iovec iov = {(void *)(uintptr_t) "abcdef", 6};
	struct why w;

	faulty_set(d, FAULT_SYNC, 2, FAIL_IO, false);
	assert_int_equal(f->ops->sync(f, &w), FAIL_NONE);
	assert_int_equal(f->ops->sync(f, &w), FAIL_IO);
	assert_int_equal(f->ops->sync(f, &w), FAIL_NONE);
	assert_int_equal(faulty_count(d, FAULT_SYNC), 3);
	faulty_set(d, FAULT_WRITE, 1, FAIL_DISK_FULL, true);
	assert_int_equal(f->ops->write(f, &iov, 1, 0, &w), FAIL_DISK_FULL);
	assert_int_equal(f->ops->write(f, &iov, 1, 3, &w), FAIL_DISK_FULL);
	expect(f, 0, "abcabc", 6);
	f->ops->close(f);
}

/* How many different contents of "file" the states after `point` show; "" = no such file. */
static size_t outcomes(struct disk *recording, size_t point, char seen[][1100], size_t max)
{
	struct record_dice dice = record_dice_exhaustive();
	size_t count = 0;

	do {
		struct disk *left = record_state(recording, point, &dice);
		char bytes[1100] = "";
		struct disk_file *f;
		size_t n = 0, i = 0;

		if (!left->ops->open(left, "file", DISK_READ, &f, NULL)) {
			assert_int_equal(f->ops->read(f, bytes, sizeof bytes, 0, &n, NULL), FAIL_NONE);
			bytes[n] = '$'; /* so that the size counts */
			f->ops->close(f);
		}
		while (i < count && memcmp(seen[i], bytes, sizeof bytes) != 0)
			i++;
		if (i == count) {
			assert_true(count < max);
			memcpy(seen[count++], bytes, sizeof bytes);
		}
		left->ops->free(left);
	} while (record_dice_next(&dice));
	return count;
}

static void a_power_loss_leaves_every_state(void **state)
{
	struct disk *d = ((struct bench *)*state)->disk;
	static char seen[64][1100];
	struct disk_file *f = open_file(d, "file", DISK_CREATE | DISK_WRITE);
	char big[1001];
	struct why w;

	assert_int_equal(outcomes(d, record_point(d), seen, 64), 2); /* gone, or empty */
	write_at(f, "a", 0);
	assert_int_equal(outcomes(d, record_point(d), seen, 64), 4); /* gone, empty, a zero, the a */
	assert_int_equal(f->ops->sync(f, &w), FAIL_NONE);
	assert_int_equal(outcomes(d, record_point(d), seen, 64), 2); /* the name is not safe yet */
	assert_int_equal(d->ops->sync_dir(d, "", &w), FAIL_NONE);
	assert_int_equal(outcomes(d, record_point(d), seen, 64), 1);
	memset(big, 'b', 1000);
	big[1000] = 0;
	write_at(f, big, 0);
	/* sizes 1, 512, 1000; the first block of before or now; the second too where it is in the file */
	assert_int_equal(outcomes(d, record_point(d), seen, 64), 2 + 2 + 4);
	assert_int_equal(d->ops->rename(d, "file", "other", &w), FAIL_NONE);
	assert_int_equal(outcomes(d, record_point(d), seen, 64), 9);
	assert_int_equal(d->ops->sync_dir(d, "", &w), FAIL_NONE);
	assert_int_equal(outcomes(d, record_point(d), seen, 64), 1);
	f->ops->close(f);
}

#define ON(engine, test)                                                                                               \
	{                                                                                                              \
#test " (" #engine ")", test, begin_##engine, end, NULL                                                \
	}
#define ON_ALL(test) ON(memory, test), ON(record, test), ON(faulty, test), ON(real, test)

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_ALL(files_hold_what_was_written),
		ON_ALL(room_is_told_and_taken),
		ON_ALL(names_come_and_go),
		ON_ALL(cached_reads_answer_or_are_busy),
		ON(real, links_are_not_followed),
		ON(faulty, faults_come_when_told),
		ON(record, a_power_loss_leaves_every_state),
		cmocka_unit_test(a_small_disk_is_soon_full),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The accounts directory under losses of power, failed syncs and rot, over long lives with many openings, so that it compacts again
 * and again (INV-A1, A2, A5, A6). A model keeps what has been promised after each change; every state that a loss may leave
 * has to be what was promised last, or that and the change which was under way. */
#include "base/test.h"

#include "auth/directory.h"
#include "base/memory.h"
#include "log/faulty.h"
#include "log/record.h"

enum { PEOPLE = 5, LIFE = 220, STATES = 700 };

static const char *const hashes[] = {"$6$a$aaaa", "$6$b$bbbb", "$6$c$cccc"};

struct person {
	uint64_t id; /* 0: no account */
	unsigned hash;
	bool disabled;
};

struct promise {
	size_t point; /* in the disk's history, once the call had returned */
	uint64_t last_id;
	struct person at[PEOPLE];
};

static struct directory *open_on(struct disk *disk)
{
	struct directory *d = NULL;
	struct why w;

	if (directory_open(disk, false, &d, &w))
		fail_msg("%s", w.log);
	return d;
}

static void name_of(size_t who, char name[16])
{
	snprintf(name, 16, who % 2 ? "p%zu" : "p%zu@x.example", who);
}

static uint64_t dice(uint64_t *seed)
{
	*seed = *seed * 6364136223846793005u + 1442695040888963407u;
	return *seed >> 33;
}

/* One change; `next`: what stands if it was made. */
static enum fail change(
	struct directory *d, const struct promise *now, uint64_t roll, struct promise *next, struct why *w)
{
	size_t who = roll % PEOPLE, what = roll / PEOPLE % 4;
	struct person *p = &next->at[who];
	uint64_t id;
	char name[16];

	*next = *now;
	name_of(who, name);
	if (!p->id) {
		*p = (struct person){.id = ++next->last_id};
		return directory_add(d, span_of(name), hashes[0], 3, &id, w);
	}
	id = p->id;
	if (what == 0) {
		p->id = 0;
		return directory_remove(d, id, w);
	}
	if (what == 1) {
		p->disabled = !p->disabled;
		return directory_set_disabled(d, id, p->disabled, w);
	}
	p->hash = (p->hash + 1) % ARRAY_LEN(hashes);
	return directory_set_hash(d, id, hashes[p->hash], w);
}

static bool is(const struct directory *d, const struct promise *p)
{
	size_t n = 0;

	for (size_t who = 0; who < PEOPLE; who++) {
		const struct person *wanted = &p->at[who];
		const struct account_row *row;
		char name[16];

		name_of(who, name);
		row = directory_by_name(d, span_of(name));
		if (!row != !wanted->id)
			return false;
		if (row && (row->id != wanted->id || strcmp(row->hash, hashes[wanted->hash]) != 0 ||
				   row->disabled != wanted->disabled))
			return false;
		n += row != NULL;
	}
	return n == directory_count(d);
}

/* Changes and openings in turn; p[i] is what stands after the i-th. */
static void live(struct disk *disk, struct promise *p, uint64_t seed)
{
	struct directory *d = open_on(disk);
	struct promise now = {0}, next;
	struct why w;

	for (size_t i = 0; i < LIFE; i++) {
		uint64_t roll = dice(&seed);

		if (roll % 3 == 0) {
			directory_close(d);
			d = open_on(disk);
		} else {
			if (change(d, &now, roll / 3, &next, &w))
				fail_msg("%s", w.log);
			now = next;
		}
		assert_true(is(d, &now));
		now.point = record_point(disk);
		p[i] = now;
	}
	directory_close(d);
}

/* Whether a directory that is opened on `after` keeps the promises p[i], or p[i + 1], and burns the ids. */
static bool keeps(struct disk *after, const struct promise *p, size_t i)
{
	struct directory *d = NULL;
	uint64_t id = 0;
	struct why w;
	bool good = !directory_open(after, false, &d, &w) && (is(d, &p[i]) || (i + 1 < LIFE && is(d, &p[i + 1]))) &&
		    !directory_add(d, SPAN("zoe"), hashes[0], 1, &id, &w) && id > p[i].last_id &&
		    !directory_remove(d, id, &w);

	directory_close(d);
	return good;
}

/* The power goes during the life; then, in every other case, once more during the opening that follows. */
static unsigned count_losses(unsigned lies, uint64_t life)
{
	struct promise *p = memory_new(LIFE * sizeof *p);
	struct disk *disk = disk_record(lies, NULL);
	unsigned lost = 0;

	live(disk, p, life);
	for (uint64_t seed = 0; seed < STATES; seed++) {
		uint64_t roll = seed + life * 7919;
		size_t i = dice(&roll) % LIFE, end = i + 1 < LIFE ? p[i + 1].point : record_point(disk),
		       at = p[i].point + dice(&roll) % (end - p[i].point + 1);
		struct record_dice first = record_dice_random(roll), second = record_dice_random(roll + 1);
		struct disk *after = record_state(disk, at, &first);

		if (seed % 2) {
			struct disk *again = disk_record(lies, after), *twice;
			size_t begin = record_point(again); /* the copy is history too */
			struct directory *d = NULL;
			struct why w;

			lost += directory_open(again, false, &d, &w) != FAIL_NONE;
			directory_close(d);
			twice = record_state(again, begin + dice(&roll) % (record_point(again) - begin + 1), &second);
			lost += !keeps(twice, p, i);
			again->ops->free(again);
			twice->ops->free(twice);
		} else {
			lost += !keeps(after, p, i);
		}
		after->ops->free(after);
	}
	disk->ops->free(disk);
	free(p);
	return lost;
}

static void compaction_loses_nobody_and_brings_nobody_back(void **state)
{
	(void)state;
	for (uint64_t life = 1; life < 4; life++)
		assert_int_equal(count_losses(RECORD_HONEST, life), 0);
}

static void a_disk_that_lies_would_be_seen(void **state)
{
	(void)state;
	assert_true(count_losses(RECORD_SYNC_IS_NOTHING, 1) > 0);
	assert_true(count_losses(RECORD_SYNC_DIR_IS_NOTHING, 1) > 0);
}

/* ── Disks that fail ── */

/* Lives until a call of the kind fails; then the disk is well again, and what opens is what was promised, or that and the change which
 * was under way. False once the whole life meets no failure. */
static bool dies_well(enum fault_call call, unsigned nth, bool for_good)
{
	struct disk *below = disk_memory(), *disk = disk_faulty(below);
	struct directory *d = open_on(disk);
	struct promise now = {0}, next = {0};
	uint64_t seed = 5;
	enum fail f = FAIL_NONE;
	struct why w;

	faulty_set(disk, call, nth, FAIL_IO, for_good);
	for (size_t i = 0; i < LIFE / 2 && !f; i++) {
		uint64_t roll = dice(&seed);

		if (roll % 3 == 0) {
			directory_close(d);
			d = NULL;
			f = directory_open(disk, false, &d, &w);
			next = now;
		} else if (!(f = change(d, &now, roll / 3, &next, &w))) {
			now = next;
		}
		assert_true(!d || is(d, &now)); /* INV-A1 */
	}
	if (f && d)
		assert_int_not_equal(directory_add(d, SPAN("late"), hashes[0], 1, &(uint64_t){0}, &w), FAIL_NONE);
	directory_close(d);
	faulty_set(disk, call, 0, FAIL_NONE, false);
	d = open_on(disk);
	assert_true(is(d, &now) || is(d, &next));
	directory_close(d);
	disk->ops->free(disk);
	below->ops->free(below);
	return f != FAIL_NONE;
}

static void a_failing_disk_breaks_no_promise(void **state)
{
	static const enum fault_call calls[] = {FAULT_OPEN, FAULT_WRITE, FAULT_SYNC, FAULT_SYNC_DIR};
	unsigned failures = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(calls); i++)
		for (unsigned nth = 1; nth < 100; nth += 1 + nth / 12)
			failures += dies_well(calls[i], nth, false) + dies_well(calls[i], nth, true);
	assert_true(failures > 80);
	dies_well(FAULT_REMOVE, 3, true); /* then the old segments stay: no harm */
}

/* ── Rot ── */

static void spoil(struct disk *disk, const char *path, const char *text)
{
	struct disk_file *file;
	struct why w;
	char bytes[8192];
	size_t got, at;
	struct iovec iov = {(char[]){"?"}, 1};

	assert_int_equal(disk->ops->open(disk, path, DISK_READ | DISK_WRITE, &file, &w), FAIL_NONE);
	assert_int_equal(file->ops->read(file, bytes, sizeof bytes, 0, &got, &w), FAIL_NONE);
	at = span_find(span(bytes, got), span_of(text));
	assert_int_not_equal(at, SIZE_MAX);
	assert_int_equal(file->ops->write(file, &iov, 1, at, &w), FAIL_NONE);
	disk->ops->close(file);
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
	spoil(disk, "accounts/0000000001.log", hashes[1]);
	d = NULL;
	for (int i = 0; i < 12; i++) { /* it stays so, and nothing is compacted away */
		assert_int_equal(directory_open(disk, false, &d, &w), FAIL_CORRUPT);
		assert_null(d);
		assert_true(span_find(span_of(w.log), SPAN("segment 1,")) != SIZE_MAX);
	}
	assert_int_equal(directory_open(disk, true, &d, &w), FAIL_CORRUPT);
	disk->ops->free(disk);
}

/* ── Compaction ── */

static void count_name(void *ctx, const char *name)
{
	(void)name;
	++*(size_t *)ctx;
}

static size_t files_of(struct disk *disk)
{
	size_t n = 0;
	struct why w;

	assert_int_equal(disk->ops->list(disk, "accounts", count_name, &n, &w), FAIL_NONE);
	return n;
}

/* However often it is opened: a bounded number of files; and a change costs its own record, not everybody's. */
static void the_directory_stays_small(void **state)
{
	struct disk *below = disk_memory(), *disk = disk_faulty(below);
	struct directory *d = open_on(disk);
	struct promise now = {0}, next;
	uint64_t seed = 9;
	unsigned writes;
	struct why w;

	(void)state;
	for (int i = 0; i < 100; i++) {
		directory_close(d);
		d = open_on(disk);
		writes = faulty_count(disk, FAULT_SYNC);
		for (int k = 0; k < 3; k++) {
			assert_int_equal(change(d, &now, dice(&seed), &next, &w), FAIL_NONE);
			now = next;
		}
		assert_true(faulty_count(disk, FAULT_SYNC) - writes <= 3);
		assert_true(files_of(disk) <= 12);
	}
	directory_close(d);
	disk->ops->free(disk);
	below->ops->free(below);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(compaction_loses_nobody_and_brings_nobody_back),
		cmocka_unit_test(a_disk_that_lies_would_be_seen),
		cmocka_unit_test(a_failing_disk_breaks_no_promise),
		cmocka_unit_test(rot_is_not_passed_over),
		cmocka_unit_test(the_directory_stays_small),
	};

	return cmocka_run_group_tests_name("auth/directory under losses", tests, NULL, NULL);
}

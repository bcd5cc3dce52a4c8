/* The accounts directory under losses of power and failed syncs, over long lives with many openings, so that it compacts again and again (INV-A1,
 * A2, A5). Every state that a loss may leave has to be what was promised last, or that and the change which was under way. */
#include "base/test.h"

#include "auth/directory_life.h"
#include "base/memory.h"
#include "log/faulty.h"
#include "log/record.h"

enum { STATES = 700 };

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
		    !directory_remove(d, id, false, &w);

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
	for (uint64_t life = 1; life < 1 + 3 * record_effort(); life++)
		assert_int_equal(count_losses(RECORD_HONEST, life), 0);
}

static void a_disk_that_lies_would_be_seen(void **state)
{
	(void)state;
	assert_true(count_losses(RECORD_SYNC_IS_NOTHING, 1) > 0);
	assert_true(count_losses(RECORD_SYNC_DIR_IS_NOTHING, 1) > 0);
}

static bool loss_is_seen(struct disk *disk, const struct promise *p, size_t i)
{
	for (uint64_t seed = 0; seed < 60; seed++) {
		struct record_dice roll = record_dice_random(seed);
		struct disk *after = record_state(disk, p[i].point, &roll);
		bool good = keeps(after, p, i);

		after->ops->free(after);
		if (!good)
			return true;
	}
	return false;
}

/* The last sync before each answer is taken out of the history, and put before the write that it makes safe. */
static void each_sync_that_is_missing_or_early_would_be_seen(void **state)
{
	struct promise *p = memory_new(LIFE * sizeof *p);
	struct disk *disk = disk_record(RECORD_HONEST, NULL);
	size_t missing = 0, early = 0;

	(void)state;
	live(disk, p, 3);
	for (size_t i = 1; i < LIFE / 3; i++) {
		size_t at = p[i].point;

		if (memcmp(p[i].at, p[i - 1].at, sizeof p[i].at) == 0)
			continue; /* it was only opened */
		while (!record_drop_sync(disk, --at))
			assert_true(at > p[i - 1].point);
		if (!loss_is_seen(disk, p, i))
			fail_msg("nothing is seen when the sync of change %zu is missing", i);
		missing += record_drop_sync(disk, at);
		if (record_swap_sync(disk, at - 1)) {
			if (!loss_is_seen(disk, p, i))
				fail_msg("nothing is seen when the sync of change %zu comes too early", i);
			early += record_swap_sync(disk, at - 1);
		}
		assert_false(loss_is_seen(disk, p, i));
	}
	print_message("%zu syncs taken out, %zu too early\n", missing, early);
	assert_true(missing > 30 && early > 20);
	disk->ops->free(disk);
	free(p);
}

/* ── Disks that fail ── */

/* The disk has failed once, and is well again: so is the directory, and what failed never was. */
static void goes_on(struct directory *d, struct promise *now, uint64_t *seed)
{
	struct promise next;
	struct why w;

	for (int i = 0; i < 5; i++) {
		if (change(d, now, dice(seed), &next, &w))
			fail_msg("%s", w.log);
		*now = next;
		assert_true(is(d, now));
	}
}

/* Lives until a call of the kind fails; then the disk is well again, and what opens is what was promised, or, where that was said to be unknown, that
 * and the change which was under way. False once the whole life meets no failure. */
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
	if (f && d && for_good) {
		assert_int_equal(f, FAIL_UNKNOWN);
		f = directory_add(d, SPAN("late"), hashes[0], 1, &(uint64_t){0}, &w);
		assert_true(f == FAIL_IO || f == FAIL_UNKNOWN);
		assert_true(is(d, &now));
		f = FAIL_UNKNOWN;
	} else if (f && d) {
		assert_int_equal(f, FAIL_IO);
		goes_on(d, &now, &seed);
		next = now;
	}
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

/* INV-A9: the sync was done, and reported as failed: who was told that nothing is changed must not find it changed later. */
static void what_was_not_saved_never_was(void **state)
{
	struct disk *below = disk_memory(), *disk = disk_faulty(below);
	struct directory *d = open_on(disk);
	uint64_t anna, ben;
	struct why w;

	(void)state;
	assert_int_equal(directory_add(d, SPAN("anna"), hashes[0], 1, &anna, &w), FAIL_NONE);
	assert_int_equal(fault_order(faulty_table(disk), SPAN("sync:1=unknown"), &w), FAIL_NONE);
	assert_int_equal(directory_set_hash(d, anna, hashes[1], &w), FAIL_IO);
	assert_non_null(strstr(w.text, "nothing is changed"));
	assert_string_equal(directory_by_id(d, anna)->hash, hashes[0]);
	directory_close(d);
	d = open_on(disk);
	assert_string_equal(directory_by_id(d, anna)->hash, hashes[0]);
	/* the opening anew fails too: the next change cuts it off */
	assert_int_equal(fault_order(faulty_table(disk), SPAN("sync:1=unknown open:1=eio"), &w), FAIL_NONE);
	assert_int_equal(directory_set_disabled(d, anna, true, &w), FAIL_UNKNOWN);
	assert_int_equal(directory_add(d, SPAN("ben"), hashes[2], 1, &ben, &w), FAIL_NONE);
	assert_int_not_equal(ben, anna);
	directory_close(d);
	d = open_on(disk);
	assert_false(directory_by_id(d, anna)->disabled);
	assert_non_null(directory_by_id(d, ben));
	assert_int_equal(fault_order(faulty_table(disk), SPAN("write:1=full space:1=enospc"), &w), FAIL_NONE);
	assert_int_equal(directory_remove(d, anna, false, &w), FAIL_DISK_FULL);
	assert_non_null(directory_by_id(d, anna));
	assert_int_equal(directory_remove(d, anna, false, &w), FAIL_NONE);
	directory_close(d);
	disk->ops->free(disk);
	below->ops->free(below);
}

/* ── Compaction ── */

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

static int count_states(void **state)
{
	(void)state;
	print_message("%zu states of a power loss\n", record_states());
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(compaction_loses_nobody_and_brings_nobody_back),
		cmocka_unit_test(a_disk_that_lies_would_be_seen),
		cmocka_unit_test(each_sync_that_is_missing_or_early_would_be_seen),
		cmocka_unit_test(a_failing_disk_breaks_no_promise),
		cmocka_unit_test(what_was_not_saved_never_was),
		cmocka_unit_test(the_directory_stays_small),
	};

	return cmocka_run_group_tests_name("auth/directory under losses", tests, NULL, count_states);
}

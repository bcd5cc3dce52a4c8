/* The accounts directory under losses of power, failed syncs and rot, over long lives with many openings, so that it compacts again
 * and again (INV-A1, A2, A5, A6). A model keeps what has been promised after each change; every state that a loss may leave
 * has to be what was promised last, or that and the change which was under way. */
#include "base/test.h"

#include "auth/directory.h"
#include "auth/directory_record.h"
#include "base/memory.h"
#include "log/faulty.h"
#include "log/log.h"
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
	uint64_t departed[LIFE]; /* 0: its mail is gone */
	size_t departed_n;
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
	if (roll / PEOPLE / 4 % 6 == 0 && directory_departed(d, 0)) {
		id = directory_departed(d, 0)->id;
		for (size_t i = 0; i < next->departed_n; i++)
			if (next->departed[i] == id)
				next->departed[i] = 0;
		return directory_erased(d, id, w);
	}
	name_of(who, name);
	if (!p->id) {
		*p = (struct person){.id = ++next->last_id};
		return directory_add(d, span_of(name), hashes[0], 3, &id, w);
	}
	id = p->id;
	if (what == 0) {
		p->id = 0;
		next->departed[next->departed_n++] = id;
		return directory_remove(d, id, roll & 1, w);
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
	size_t n = 0, departed = 0;

	for (size_t i = 0; i < p->departed_n; i++) {
		const struct departed_account *a = p->departed[i] ? directory_departed(d, departed++) : NULL;

		if (p->departed[i] && (!a || a->id != p->departed[i]))
			return false;
	}
	if (directory_departed(d, departed))
		return false;
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
		cmocka_unit_test(rot_is_not_passed_over),
		cmocka_unit_test(no_bit_locks_anybody_out),
		cmocka_unit_test(records_without_numbers_get_copies),
		cmocka_unit_test(the_directory_stays_small),
	};

	return cmocka_run_group_tests_name("auth/directory under losses", tests, NULL, count_states);
}

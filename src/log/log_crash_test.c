/* Power loss: short histories are replayed through the recording disk, and from every state that may be left the log must come
 * up with everything that was promised, nothing half, nothing out of order, nothing that was once told to be gone. */
#include "base/test.h"

#include "log/log_bench.h"
#include "log/record.h"

enum { STORY_MAX = 200 };

/* What may be found in the log after a loss: the first `must` records at least, all of `may` at most, and no group in part. */
struct story {
	uint32_t tag[STORY_MAX];
	size_t must, may;
	bool boundary[STORY_MAX + 1]; /* a group may end after so many records */
};

/* The same as it grew: what held at each point of the disk's history. */
struct moment {
	size_t point, must, may;
};

struct history {
	struct disk *disk; /* recording */
	struct log *log;
	struct story story;
	struct moment moments[STORY_MAX * 3];
	size_t moment_count;
	uint32_t next_tag;
	size_t opened_at; /* the point where log_open had returned */
};

static void mark(struct history *h)
{
	h->moments[h->moment_count++] = (struct moment){record_point(h->disk), h->story.must, h->story.may};
}

static void begin_history(
	struct history *h, unsigned lies, struct disk *from, const struct story *story, uint32_t segment_size)
{
	static struct seen seen;

	memset(h, 0, sizeof *h);
	h->disk = disk_record(lies, from);
	if (story)
		h->story = *story;
	h->story.boundary[0] = true;
	h->next_tag = 1 + (h->story.may ? h->story.tag[h->story.may - 1] : 0);
	mark(h);
	h->log = open_log(h->disk, NULL, segment_size, (struct log_pos){0, 0}, &seen);
	/* What was told is a promise from here on, and what was not told must never come. */
	h->opened_at = record_point(h->disk);
	h->story.must = h->story.may = seen.count;
	for (size_t i = 0; i < seen.count; i++)
		assert_int_equal(seen.tag[i], h->story.tag[i]);
	for (size_t i = seen.count + 1; i <= STORY_MAX; i++)
		h->story.boundary[i] = false;
	mark(h);
}

static void end_history(struct history *h)
{
	h->disk->ops->free(h->disk);
}

/* Records of one group; whole only once they are committed. */
static void add_group(struct history *h, size_t records, uint32_t length)
{
	for (size_t i = 0; i < records; i++) {
		assert_true(h->story.may < STORY_MAX);
		h->story.tag[h->story.may++] = h->next_tag;
		if (i + 1 == records)
			h->story.boundary[h->story.may] = true;
		mark(h);
		append(h->log, h->next_tag++, length + (uint32_t)i);
	}
	mark(h);
	commit_done(h->log);
	h->story.must = h->story.may;
	mark(h);
}

static void add_unpromised(struct history *h, uint32_t length)
{
	/* Its tag is in no story: were it to appear, it would not match. */
	append(h->log, 0xdead, length);
}

/* What held when the history had come to `point`: the latest promise made by then, and all that was begun by then. */
static struct story story_at(const struct history *h, size_t point)
{
	struct story s = h->story;

	s.must = s.may = 0;
	for (size_t i = 0; i < h->moment_count; i++) {
		if (h->moments[i].point > point)
			break;
		s.must = h->moments[i].must;
		s.may = h->moments[i].may;
	}
	return s;
}

static bool fits(const struct story *s, const struct seen *seen)
{
	if (seen->rot || seen->count < s->must || seen->count > s->may || !s->boundary[seen->count])
		return false;
	for (size_t i = 0; i < seen->count; i++)
		if (seen->tag[i] != s->tag[i])
			return false;
	return true;
}

/* Whether the records are the same when everything is read, not only the footers. */
static bool same_by_every_byte(struct disk *disk, const struct seen *seen)
{
	static struct seen deep;
	struct log_settings settings = {
		.dir = "log", .read_only = true, .footer_types = footer_types, .every_byte = true};
	struct log_replay replay = {.context = &deep, .record = see_record, .rot = see_rot};
	struct log *log;

	memset(&deep, 0, sizeof deep);
	if (log_open(disk, &settings, NULL, (struct log_pos){0, 0}, &replay, &log, NULL))
		return false;
	log_close(log);
	return !deep.rot && deep.count == seen->count &&
	       memcmp(deep.pos, seen->pos, deep.count * sizeof *deep.pos) == 0 &&
	       memcmp(deep.tag, seen->tag, deep.count * sizeof *deep.tag) == 0;
}

/* Whether the log comes up from `disk` as the story allows, twice, and takes new records. */
static bool survives(struct disk *disk, const struct story *s, uint32_t segment_size)
{
	static struct seen seen, again;
	struct log *log;
	bool good;

	if (try_open(disk, NULL, segment_size, (struct log_pos){0, 0}, &seen, &log))
		return false;
	good = fits(s, &seen);
	append(log, 0xbeef, 40);
	commit_done(log);
	log_close(log);
	log = open_log(disk, NULL, segment_size, (struct log_pos){0, 0}, &again);
	good = good && !again.rot && again.count == seen.count + 1 && again.tag[seen.count] == 0xbeef &&
	       memcmp(again.tag, seen.tag, seen.count * sizeof *seen.tag) == 0;
	log_close(log);
	return good && (!footer_types || same_by_every_byte(disk, &again));
}

enum { STATES_A_POINT = 300 };

/* Every point of the history, from `first` on: all states when they are few, else many. Returns how many were bad. */
static size_t replay_all(struct history *h, size_t first, uint32_t segment_size, size_t *states_out)
{
	size_t bad = 0, points = record_point(h->disk);

	*states_out = 0;
	for (size_t point = first; point <= points; point++) {
		struct record_dice dice = record_dice_exhaustive();
		struct story s = story_at(h, point);
		size_t n = 0;

		do {
			struct disk *disk;

			if (n == STATES_A_POINT)
				dice = record_dice_random(point);
			disk = record_state(h->disk, point, &dice);
			bad += !survives(disk, &s, segment_size);
			disk->ops->free(disk);
			n++;
		} while (record_dice_next(&dice) && n < STATES_A_POINT + 50);
		*states_out += n;
	}
	return bad;
}

static size_t tell_small(unsigned lies, size_t *states_out)
{
	struct history *h = NEW(struct history);
	size_t bad;

	begin_history(h, lies, NULL, NULL, 0);
	add_group(h, 1, 40);
	add_group(h, 3, 200);
	for (size_t i = 0; i < 12; i++)
		add_group(h, 1 + i % 3, (uint32_t)(17 * i));
	add_group(h, 2, 700);
	add_unpromised(h, 30);
	log_close(h->log);
	bad = replay_all(h, 0, 0, states_out);
	end_history(h);
	free(h);
	return bad;
}

static void small_groups_survive(void **state)
{
	size_t states;

	(void)state;
	assert_int_equal(tell_small(RECORD_HONEST, &states), 0);
	print_message("%zu states\n", states);
	assert_true(states > 100);
}

static void the_test_sees_a_sync_that_does_nothing(void **state)
{
	size_t states;

	(void)state;
	assert_true(tell_small(RECORD_SYNC_IS_NOTHING, &states) > 0);
	assert_true(tell_small(RECORD_SYNC_DIR_IS_NOTHING, &states) > 0);
}

static void groups_of_many_blocks_survive(void **state)
{
	struct history *h = NEW(struct history);
	size_t states;

	(void)state;
	begin_history(h, RECORD_HONEST, NULL, NULL, 0);
	add_group(h, 2, 900);
	add_group(h, 1, 2500);
	add_group(h, 4, 3);
	add_group(h, 3, 1100);
	add_group(h, 2, 1800);
	log_close(h->log);
	assert_int_equal(replay_all(h, h->opened_at, 0, &states), 0);
	print_message("%zu states\n", states);
	assert_true(states > 500);
	end_history(h);
	free(h);
}

static void groups_across_segments_survive(void **state)
{
	struct history *h = NEW(struct history);
	size_t states;

	(void)state;
	begin_history(h, RECORD_HONEST, NULL, NULL, 2048);
	add_group(h, 2, 300);
	add_group(h, 5, 250);
	add_group(h, 1, 1500);
	add_group(h, 2, 10);
	add_group(h, 6, 600);
	add_unpromised(h, 1400);
	log_close(h->log);
	assert_int_equal(replay_all(h, h->opened_at, 2048, &states), 0);
	print_message("%zu states\n", states);
	assert_true(states > 2000);
	end_history(h);
	free(h);
}

/* ── The test of the test ── */

enum { TRIES = 300 };

/* Whether a state is seen to be bad that a loss may leave soon after change `at`, which is not as it was. */
static bool is_seen(struct history *h, size_t at, uint32_t segment_size)
{
	size_t last = record_point(h->disk) < at + 12 ? record_point(h->disk) : at + 12;

	for (uint64_t seed = 0; seed < TRIES; seed++) {
		size_t point = at + 1 + (size_t)seed % (last - at);
		struct record_dice dice = record_dice_random(seed);
		struct disk *disk = record_state(h->disk, point, &dice);
		struct story s = story_at(h, point);
		bool bad = !survives(disk, &s, segment_size);

		disk->ops->free(disk);
		if (bad)
			return true;
	}
	return false;
}

/* Each sync that a commit waits for is taken out of the history, then put off until the bytes are written that it is to make safe. */
static void the_test_sees_each_sync_that_is_missing_or_early(void **state)
{
	struct history *h = NEW(struct history);
	size_t missing = 0, early = 0, committed, states;

	(void)state;
	begin_history(h, RECORD_HONEST, NULL, NULL, 2048);
	add_group(h, 2, 300);
	add_group(h, 5, 250); /* into a second segment, and a third */
	add_group(h, 1, 1500);
	add_group(h, 2, 10);
	add_group(h, 6, 600);
	committed = record_point(h->disk);
	log_close(h->log);
	for (size_t at = h->opened_at; at < committed; at++) {
		if (record_drop_sync(h->disk, at)) {
			if (!is_seen(h, at, 2048))
				fail_msg("nothing is seen when sync %zu is missing", at);
			missing += record_drop_sync(h->disk, at);
		}
		if (record_swap_sync(h->disk, at)) {
			if (!is_seen(h, at, 2048))
				fail_msg("nothing is seen when sync %zu comes before its write", at + 1);
			early += record_swap_sync(h->disk, at);
		}
	}
	print_message("%zu syncs taken out, %zu too early\n", missing, early);
	assert_true(missing >= 12 && early >= 5);
	assert_int_equal(replay_all(h, h->opened_at, 2048, &states), 0);
	end_history(h);
	free(h);
}

/* Each segment but the last ends in a footer, also the ones that a closing ends; bodies stand between what the footers copy. */
static void segments_with_footers_survive(void **state)
{
	struct history *h = NEW(struct history);
	size_t states;

	(void)state;
	footer_types = FOOTERS_ON;
	begin_history(h, RECORD_HONEST, NULL, NULL, 2560);
	add_group(h, 2, 60);
	append_bulk(h->log, 700);
	add_group(h, 3, 70);
	append_bulk(h->log, 300);
	append_bulk(h->log, 1200);
	add_group(h, 1, 100);
	append_bulk(h->log, 900);
	add_group(h, 9, 200); /* more than a footer takes */
	append_bulk(h->log, 900);
	add_group(h, 1, 50);
	log_close(h->log);
	assert_int_equal(replay_all(h, h->opened_at, 2560, &states), 0);
	print_message("%zu states\n", states);
	assert_true(states > 1500);
	footer_types = 0;
	end_history(h);
	free(h);
}

static void the_test_sees_a_footer_that_was_never_synced(void **state)
{
	struct history *h = NEW(struct history);
	size_t states;

	(void)state;
	footer_types = FOOTERS_ON;
	begin_history(h, RECORD_SYNC_IS_NOTHING, NULL, NULL, 2560);
	append_bulk(h->log, 900);
	add_group(h, 2, 60);
	append_bulk(h->log, 900);
	add_group(h, 1, 60);
	log_close(h->log);
	assert_true(replay_all(h, h->opened_at, 2560, &states) > 0);
	footer_types = 0;
	end_history(h);
	free(h);
}

static void payloads_written_through_survive(void **state)
{
	struct history *h = NEW(struct history);
	size_t states;

	(void)state;
	begin_history(h, RECORD_HONEST, NULL, NULL, 100000);
	add_group(h, 1, 65536);
	add_group(h, 2, 70000);
	add_group(h, 1, 20);
	log_close(h->log);
	assert_int_equal(replay_all(h, h->opened_at, 100000, &states), 0);
	print_message("%zu states\n", states);
	end_history(h);
	free(h);
}

/* Life after life: each begins from what a power loss left of the one before, also of its recovery. */
static void a_life(struct history *h, struct disk **disk, struct story *story, uint64_t *x, uint32_t segment_size)
{
	struct record_dice dice = record_dice_random(*x);
	size_t point, points;

	begin_history(h, RECORD_HONEST, *disk, *disk ? story : NULL, segment_size);
	if (*disk)
		(*disk)->ops->free(*disk);
	for (uint64_t groups = *x >> 20 & 3; groups; groups--)
		add_group(h, 1 + (*x >> (8 + groups) & 3), (uint32_t)(*x >> (30 + groups) & 1023));
	if (*x >> 16 & 1)
		append_bulk(h->log, (uint32_t)(*x >> 50 & 1023));
	if (*x >> 17 & 1)
		add_unpromised(h, 700);
	log_close(h->log);
	points = record_point(h->disk);
	/* not before the copy of the last life's disk was made */
	point = h->moments[0].point + (size_t)(*x >> 40) % (points - h->moments[0].point + 1);
	*story = story_at(h, point);
	*disk = record_state(h->disk, point, &dice);
	end_history(h);
	*x = *x * 6364136223846793005u + 1442695040888963407u;
}

static void live_many_lives(void)
{
	struct history *h = NEW(struct history);

	for (uint64_t seed = 1; seed <= 400 * record_effort(); seed++) {
		uint64_t x = seed * 0x9e3779b97f4a7c15u;
		struct disk *disk = NULL;
		struct story story = {0};

		for (int life = 0; life < 6; life++)
			a_life(h, &disk, &story, &x, seed % 2 ? 2048 : 0);
		assert_true(survives(disk, &story, 0));
		disk->ops->free(disk);
	}
	free(h);
}

static void many_lives(void **state)
{
	(void)state;
	live_many_lives();
}

static void many_lives_with_footers(void **state)
{
	(void)state;
	footer_types = FOOTERS_ON;
	live_many_lives();
	footer_types = 0;
}

/* A sync fails, and the bytes of the group are seen all the same when the log is opened again. They are told, so from there on
 * they must last: recovery has to write them once more. */
static void what_recovery_tells_lasts(void **state)
{
	static struct seen seen;
	struct disk *disk = disk_record(RECORD_HONEST, NULL);
	struct log *log = open_log(disk, NULL, 2048, (struct log_pos){0, 0}, &seen);
	struct story told = {.must = 6, .may = 6, .tag = {0, 1, 2, 3, 4, 5}, .boundary[6] = true};
	struct ticket t;
	size_t opened_at;

	(void)state;
	append(log, 0, 300);
	commit_done(log);
	for (uint32_t tag = 1; tag < 6; tag++)
		append(log, tag, 400); /* into three segments */
	record_fail_sync(disk, 3);     /* of the third, where the group ends */
	commit(log, &t);
	assert_int_equal(t.result, LOG_UNKNOWN);
	log_close(log);
	log = open_log(disk, NULL, 2048, (struct log_pos){0, 0}, &seen);
	assert_int_equal(seen.count, 6);
	opened_at = record_point(disk);
	log_close(log);
	for (size_t point = opened_at; point <= record_point(disk); point++)
		for (uint64_t seed = 0; seed < 200; seed++) {
			struct record_dice dice = record_dice_random(seed);
			struct disk *left = record_state(disk, point, &dice);

			assert_true(survives(left, &told, 2048));
			left->ops->free(left);
		}
	disk->ops->free(disk);
}

/* A commit that knows how many records it covers. */
struct promise {
	struct log_commit commit;
	struct history *h;
	size_t records;
};

static void kept(struct log_commit *c, enum log_result result)
{
	struct promise *p = CONTAINER_OF(c, struct promise, commit);

	assert_int_equal(result, LOG_DONE);
	p->h->story.must = p->records;
	mark(p->h);
}

/* Records are appended, and written through, while a worker syncs the group before: whichever group they get into, what was
 * answered is there, and what is there has no holes. */
static void live_on_a_loop(uint64_t seed)
{
	struct history *h = NEW(struct history);
	struct promise *promises = memory_new(60 * sizeof *promises);
	static struct seen seen;
	struct loop loop;

	loop_init(&loop);
	h->disk = disk_record(RECORD_HONEST, NULL);
	h->log = open_log(h->disk, &loop, 100000, (struct log_pos){0, 0}, &seen);
	h->opened_at = record_point(h->disk);
	for (size_t i = 0; i <= STORY_MAX; i++)
		h->story.boundary[i] = true; /* groups end where they happen to */
	for (uint32_t i = 0; i < 60; i++) {
		h->story.tag[h->story.may++] = i;
		mark(h);
		append(h->log, i, (i + seed) % 11 == 3 ? 66000 : 4 + i * 20);
		promises[i] = (struct promise){.commit.done = kept, .h = h, .records = i + 1};
		if (i % 3 != 1)
			log_commit(h->log, &promises[i].commit);
		if ((i ^ seed) % 4 == 0)
			loop_turn(&loop);
	}
	loop_run(&loop);
	log_close(h->log);
	for (size_t point = h->opened_at; point <= record_point(h->disk); point++) {
		struct record_dice dice = record_dice_random(seed * 1000 + point);
		struct story s = story_at(h, point);
		struct disk *disk = record_state(h->disk, point, &dice);

		assert_true(survives(disk, &s, 100000));
		disk->ops->free(disk);
	}
	end_history(h);
	loop_fini(&loop);
	free(promises);
	free(h);
}

static void what_is_answered_on_a_loop_survives(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 12 * record_effort(); seed++)
		live_on_a_loop(seed);
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
		cmocka_unit_test(small_groups_survive),
		cmocka_unit_test(the_test_sees_a_sync_that_does_nothing),
		cmocka_unit_test(groups_of_many_blocks_survive),
		cmocka_unit_test(groups_across_segments_survive),
		cmocka_unit_test(the_test_sees_each_sync_that_is_missing_or_early),
		cmocka_unit_test(segments_with_footers_survive),
		cmocka_unit_test(the_test_sees_a_footer_that_was_never_synced),
		cmocka_unit_test(payloads_written_through_survive),
		cmocka_unit_test(many_lives),
		cmocka_unit_test(many_lives_with_footers),
		cmocka_unit_test(what_recovery_tells_lasts),
		cmocka_unit_test(what_is_answered_on_a_loop_survives),
	};

	return cmocka_run_group_tests(tests, NULL, count_states);
}

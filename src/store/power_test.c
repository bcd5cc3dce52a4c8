/* Power loss after power loss, against a model that knows nothing of the store's code (power_model.h). A life: the store is opened on what the last
 * loss has left, changes of all kinds are committed, several under way at a time, while snapshots are written and space is given back; then the power
 * goes at points of all this, also of the opening. After each loss the account must be as it was after the last acknowledged change or after one of
 * those under way: every message once, with its bytes, UID, flags and modseq; what is kept; names, subscriptions, UIDVALIDITY; the vanished UIDs. */
#include "store/power_life.h"

enum { STATES_A_LIFE = 60, SEGMENT = 24 << 10 };

/* ── Losses ── */

/* What no loss of power may lead to. */
static char complaint[512];

static void watch(void *context, const char *text)
{
	struct span said = span_of(text);

	try_report(context, text);
	if (span_find(said, SPAN("rot")) != SIZE_MAX || span_find(said, SPAN("lost")) != SIZE_MAX)
		snprintf(complaint, sizeof complaint, "%s", text);
}

static enum fail open_store(struct trial *t, struct disk *disk, struct kv *kv)
{
	struct store_settings s = {.loop = &t->loop,
		.disk = disk,
		.kv = kv,
		.segment_size = SEGMENT,
		.snapshot_least = 2000,
		.report = watch};
	struct why w;
	enum fail f = store_open(&s, &t->store, &w);

	if (f) {
		snprintf(complaint, sizeof complaint, "%s", w.log);
		return f;
	}
	store_keep(t->store, true);
	t->account = try_account(t, ACCOUNT);
	return FAIL_NONE;
}

static void close_store(struct trial *t)
{
	account_close(t->account);
	store_close(t->store);
}

static const struct moment *moment_at(const struct life *l, size_t point)
{
	size_t i = 0;

	while (i + 1 < l->moment_n && l->moments[i + 1].point <= point)
		i++;
	return &l->moments[i];
}

/* The state that the store is in; SIZE_MAX, and the nearest difference said, when it is none that it may be. */
static size_t state_found(struct life *l, struct trial *t, const struct moment *m, uint64_t *sequence_out, bool say)
{
	static struct comparison c;
	char first[200] = "";

	for (size_t i = m->acked; i <= m->begun; i++) {
		if (compare(&c, t, &l->states[i], l->sequence)) {
			if (sequence_out)
				memcpy(sequence_out, c.sequences, sizeof c.sequences);
			return i;
		}
		if (i == m->acked)
			snprintf(first, sizeof first, "%s", c.detail);
	}
	if (say)
		print_error("acknowledged %zu, begun %zu: %s\n", m->acked, m->begun, first);
	return SIZE_MAX;
}

static void loop_end(struct loop *loop)
{
	for (int i = 0; i < 10; i++)
		loop_turn(loop);
	loop_fini(loop);
}

/* No index, or one that was there by then, and not before what was flushed: segments go only when the index is flushed past them. */
static struct kv *some_index(struct life *l, size_t point, uint64_t dice)
{
	struct kv *found = NULL;
	unsigned flushed = flushes(l);

	for (size_t i = l->moment_n; i-- > 0 && l->moments[i].point > point;)
		flushed = l->moments[i].flushes;
	for (size_t i = 0; i < l->moment_n && dice % 2; i++)
		if (l->moments[i].index && l->moments[i].point <= point && l->moments[i].flushes == flushed &&
			(!found || dice >> (1 + i % 60) & 1))
			found = l->moments[i].index;
	return found ? try_copy_kv(found) : kv_open_memory();
}

/* Whether the store comes up as it may from what a loss at `point` leaves. */
static bool survives(struct life *l, size_t point, struct record_dice dice, bool say)
{
	struct trial t = {0};
	uint64_t index = dice.seed * 0x2545f4914f6cdd1du >> 20;
	bool good;

	complaint[0] = '\0';
	loop_init(&t.loop);
	good = !open_store(&t, record_state(l->disk, point, &dice), some_index(l, point, index));
	if (good) {
		good = state_found(l, &t, moment_at(l, point), NULL, say) != SIZE_MAX && !complaint[0];
		close_store(&t);
	}
	if (!good && say)
		print_error("the power went at %zu of %zu: %s\n", point, record_point(l->disk), complaint);
	loop_end(&t.loop);
	return good;
}

/* ── Lives ── */

static void first_state(struct pm_account *a)
{
	static const char *const names[] = {"INBOX", "Drafts", "Sent", "Trash", "Junk", "Archive"};

	*a = (struct pm_account){0};
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		pm_make(a, names[i]);
		pm_subscribe(a, names[i], true);
	}
}

/* `from`: what the last loss has left, NULL at the very beginning; `left`: what had been begun and acknowledged then. */
static void life_begin(struct life *l, struct disk *from, const struct moment *left)
{
	size_t start, state;

	loop_init(&l->t.loop);
	l->disk = disk_record(RECORD_HONEST, from);
	l->faults = (struct fault_table){0};
	assert_true(fault_table_init(&l->faults));
	l->kv = kv_faulty(kv_open_memory(), &l->faults); /* it counts */
	start = record_point(l->disk);
	assert_int_equal(open_store(&l->t, l->disk, l->kv), FAIL_NONE);
	if (from) {
		state = state_found(l, &l->t, left, l->sequence, true);
		assert_true(state != SIZE_MAX);
		l->states[0] = l->states[state];
		l->first += state;
		from->ops->free(from);
	} else {
		first_state(&l->states[0]);
		l->sequence[0] = 1;
		start = record_point(l->disk);
	}
	learn_boxes(&l->states[0], &l->t);
	l->begun = l->acked = 0;
	l->moments[0] = (struct moment){.point = start};
	l->moment_n = 1;
	l->reclaiming.wait.done = NULL;
}

static void life_live(struct life *l)
{
	for (int i = 0; i < CHANGES; i++)
		step(l);
	settle(l);
	if (l->reclaiming.wait.done)
		assert_int_equal(try_finish(&l->t, &l->reclaiming, FAIL_BUSY), FAIL_NONE);
}

static void life_end(struct life *l)
{
	for (size_t i = 0; i < l->moment_n; i++)
		if (l->moments[i].index)
			l->moments[i].index->ops->close(l->moments[i].index);
	close_store(&l->t); /* its disk is gone with it */
	loop_end(&l->t.loop);
}

static size_t some_point(struct life *l)
{
	size_t from = l->moments[0].point;

	return from + try_random(&l->seed) % (record_point(l->disk) - from + 1);
}

static uint64_t removed;

static void lives(uint64_t start)
{
	struct life *l = NEW(struct life);
	struct disk *left = NULL;
	struct moment last = {0};

	l->seed = start * 0x9e3779b97f4a7c15u;
	l->sequence = memory_new(OPS_MAX * sizeof *l->sequence);
	for (int n = 0; n < LIVES; n++) {
		struct record_dice dice = record_dice_random(try_random(&l->seed));
		size_t point;

		life_begin(l, left, &last);
		life_live(l);
		for (int i = 0; i < STATES_A_LIFE; i++)
			if (!survives(l, some_point(l), record_dice_random(try_random(&l->seed)), true))
				fail_msg("start %llu, life %d", (unsigned long long)start, n);
		point = some_point(l);
		last = *moment_at(l, point);
		left = record_state(l->disk, point, &dice);
		life_end(l);
	}
	left->ops->free(left);
	removed += l->removed;
	free(l->sequence);
	free(l);
}

/* POWER_START=N: that one alone, when it was named by a failure. */
static void loss_after_loss_loses_nothing(void **state)
{
	const char *only = getenv("POWER_START");
	uint32_t first = 1, last = 3 * record_effort();

	(void)state;
	if (only && span_u32(span_of(only), &first))
		last = first;
	for (uint64_t start = first; start <= last; start++)
		lives(start);
	print_message("%llu segments given back\n", (unsigned long long)removed);
	assert_true(only || removed > 1);
}

/* ── The test of the test ── */

static bool is_seen(struct life *l, size_t point)
{
	for (uint64_t seed = 1; seed <= 60; seed++)
		if (!survives(l, point, record_dice_random(seed), false))
			return true;
	return false;
}

/* Takes out, or puts before its write, the sync that came last before each acknowledgement. */
static void the_test_sees_what_is_acknowledged_too_early(void **state)
{
	struct life *l = NEW(struct life);
	size_t missing = 0, early = 0, swapped = 0, acked = 0;

	(void)state;
	l->seed = 4711;
	l->sequence = memory_new(OPS_MAX * sizeof *l->sequence);
	life_begin(l, NULL, NULL);
	for (int i = 0; i < 8; i++) {
		deliver(l);
		settle(l);
	}
	for (size_t i = 0; i < l->moment_n; i++) {
		size_t point = l->moments[i].point, at = point;

		if (l->moments[i].acked == acked)
			continue;
		acked = l->moments[i].acked;
		while (!record_drop_sync(l->disk, --at))
			;
		missing += is_seen(l, point);
		(void)record_drop_sync(l->disk, at);
		if (record_swap_sync(l->disk, at - 1)) {
			swapped++;
			early += is_seen(l, point);
			(void)record_swap_sync(l->disk, at - 1);
		}
		assert_false(is_seen(l, point));
	}
	print_message("%zu syncs taken out and %zu too early, of %zu\n", missing, early, acked);
	assert_true(acked >= 6 && missing == acked && swapped >= 4 && early == swapped);
	life_end(l);
	free(l->sequence);
	free(l);
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
		cmocka_unit_test(loss_after_loss_loses_nothing),
		cmocka_unit_test(the_test_sees_what_is_acknowledged_too_early),
	};

	return cmocka_run_group_tests(tests, NULL, count_states);
}

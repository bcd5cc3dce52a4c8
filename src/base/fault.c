/* The table of planted faults: counting, orders as words, and what a call comes to. */
#include "base/fault.h"

#include <pthread.h>
#include <signal.h>
#include <unistd.h>

static const char magic[8] = {'B', 'A', 'R', 'I', 'D', 'F', 'L', 'T'};
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static const char *const call_words[] = {
#define CALL(name, word) word,
#include "base/fault.def"
};

static const struct {
	const char *word;
	enum fail fail;
} whats[] = {
#define WHAT(name, word, fail) {word, FAIL_##fail},
#include "base/fault.def"
};

enum { MILLION = 1000000 };

bool fault_table_init(struct fault_table *t)
{
	static const char zeros[sizeof t->magic];

	if (!memcmp(t->magic, magic, sizeof magic))
		return true;
	if (memcmp(t->magic, zeros, sizeof zeros) != 0)
		return false;
	memcpy(t->magic, magic, sizeof magic);
	t->random = 1;
	return true;
}

const char *fault_call_word(enum fault_call call)
{
	return call_words[call];
}

/* ── Orders ── */

static bool call_of(struct span word, enum fault_call *out)
{
	for (size_t i = 0; i < FAULT_CALLS; i++)
		if (span_eq(word, span_of(call_words[i]))) {
			*out = (enum fault_call)i;
			return true;
		}
	return false;
}

static bool what_of(struct span word, struct fault_row *row)
{
	struct span name = word, arg;

	row->arg = 0;
	if (span_take_until(&word, ':', &name) && !span_u32(word, &row->arg))
		return false;
	arg = name;
	for (uint32_t i = 0; i < FAULT_WHATS; i++)
		if (span_eq(arg, span_of(whats[i].word))) {
			row->what = i;
			return true;
		}
	return false;
}

/* "0.01" of all calls. */
static bool chance_of(struct span s, struct fault_row *row)
{
	uint32_t whole, digit = MILLION, sum = 0;

	if (!span_take_u32(&s, &whole) || whole > 1 || (s.n && *s.p != '.'))
		return false;
	for (s = span_skip(s, 1); s.n; s = span_skip(s, 1)) {
		if (*s.p < '0' || *s.p > '9')
			return false;
		digit /= 10;
		sum += digit * (uint32_t)(*s.p - '0');
	}
	row->per_million = whole ? MILLION : sum;
	return true;
}

static bool when_of(struct span s, struct fault_row *row)
{
	row->left = row->every = row->per_million = 0;
	if (span_take(&s, SPAN("p")))
		return chance_of(s, row);
	if (!span_take_u64(&s, &row->left) || !row->left)
		return false;
	if (span_eq(s, SPAN("+"))) {
		row->every = 1;
		return true;
	}
	return !s.n || (span_take(&s, SPAN("/")) && span_u64(s, &row->every) && row->every);
}

static bool fault_of(struct fault_table *t, struct span order)
{
	struct span call_word, when;
	enum fault_call call;
	struct fault_row row;

	if (!span_take_until(&order, ':', &call_word) || !call_of(call_word, &call) ||
		!span_take_until(&order, '=', &when))
		return false;
	row = t->rows[call];
	if (!when_of(when, &row) || !what_of(order, &row))
		return false;
	t->rows[call] = row;
	return true;
}

static void take_all_back(struct fault_table *t)
{
	for (size_t i = 0; i < FAULT_CALLS; i++)
		t->rows[i].what = FAULT_DO_NOTHING;
}

static enum fail obey(struct fault_table *t, struct span orders, struct why *w)
{
	struct span order;

	while (span_take_word(&orders, &order)) {
		struct span rest = order;
		bool good = true;

		if (span_eq(order, SPAN("none")))
			take_all_back(t);
		else if (span_take(&rest, SPAN("seed=")))
			good = span_u64(rest, &t->random) && t->random;
		else
			good = fault_of(t, order);
		if (!good)
			return why(w, FAIL_SYNTAX, "no such fault: %.*s", SPAN_ARG(order));
	}
	return FAIL_NONE;
}

enum fail fault_order(struct fault_table *t, struct span orders, struct why *w)
{
	enum fail f;

	pthread_mutex_lock(&lock);
	f = obey(t, orders, w);
	pthread_mutex_unlock(&lock);
	return f;
}

/* What a driver has written into the table meanwhile. One that makes no sense must not pass for a test without faults. */
static void take_orders(struct fault_table *t)
{
	uint64_t given = __atomic_load_n(&t->given, __ATOMIC_ACQUIRE);
	struct why w;

	if (given == t->taken)
		return;
	if (obey(t, span(t->orders, strnlen(t->orders, sizeof t->orders)), &w)) {
		fprintf(stderr, "%s\n", w.log);
		abort();
	}
	__atomic_store_n(&t->taken, given, __ATOMIC_RELEASE);
}

/* ── Calls ── */

static bool is_met(struct fault_table *t, struct fault_row *row)
{
	bool met = false;

	row->calls++;
	if (row->what == FAULT_DO_NOTHING)
		return false;
	if (row->left && --row->left == 0) {
		met = true;
		row->left = row->every;
	}
	t->random ^= t->random << 13;
	t->random ^= t->random >> 7;
	t->random ^= t->random << 17;
	met = met || (t->random >> 16) % MILLION < row->per_million;
	row->met += met;
	return met;
}

static void die(void)
{
	kill(getpid(), SIGKILL);
	abort(); /* where the confinement does not let a process kill itself */
}

static void stall(uint32_t ms)
{
	struct timespec t = {ms / 1000, (long)(ms % 1000) * 1000000};

	nanosleep(&t, NULL);
}

struct fault fault_meet(struct fault_table *t, enum fault_call call)
{
	struct fault_row *row = &t->rows[call], *any = &t->rows[FAULT_ANY];
	struct fault f = {FAULT_DO_NOTHING, 0};

	pthread_mutex_lock(&lock);
	take_orders(t);
	if (is_met(t, any))
		f = (struct fault){(enum fault_what)any->what, any->arg};
	if (is_met(t, row))
		f = (struct fault){(enum fault_what)row->what, row->arg};
	pthread_mutex_unlock(&lock);
	if (f.what == FAULT_DO_KILL)
		die();
	if (f.what == FAULT_DO_STALL)
		stall(f.arg);
	return f;
}

static enum fail told(const struct fault *f, struct why *w)
{
	return why_log(w, whats[f->what].fail, "The server's disk has a problem.", "the disk was told to fail (%s)",
		whats[f->what].word);
}

enum fail fault_before(const struct fault *f, struct why *w)
{
	switch (f->what) {
	case FAULT_DO_EIO:
	case FAULT_DO_ENOSPC:
	case FAULT_DO_ENOMEM:
	case FAULT_DO_SHORT:
	case FAULT_DO_FULL:
	case FAULT_DO_CORRUPT: return told(f, w);
	default: return FAIL_NONE;
	}
}

enum fail fault_after(const struct fault *f, enum fail result, struct why *w)
{
	if (f->what == FAULT_DO_KILL_AFTER)
		die();
	return f->what == FAULT_DO_UNKNOWN && !result ? told(f, w) : result;
}

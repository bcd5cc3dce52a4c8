/* A mail process that works without end for one account (a loop in a parser, say) takes its neighbours down as surely as a crash. It shows: its thread
 * has been in service of that account all the time, and used the processor (as much of it as others left). A disk that stalls uses none, and is not the account's
 * fault. Such a process is ended, and that counts as a crash of the account. */
#include <signal.h>
#include <time.h>

#include "base/clock.h"
#include "base/event.h"
#include "prog/super/server.h"

enum { LOOKS = 6 /* within the limit */, LOOK_MIN_MS = 500, LOOK_MAX_MS = 5000, BUSY_PERCENT = 10 };

static int64_t limit_ms(const struct server *s)
{
	return (int64_t)s->settings->hang_limit * 1000;
}

static int64_t look_ms(const struct server *s)
{
	int64_t ms = limit_ms(s) / LOOKS;

	return ms < LOOK_MIN_MS ? LOOK_MIN_MS : ms > LOOK_MAX_MS ? LOOK_MAX_MS : ms;
}

static int64_t cpu_ms(pid_t pid)
{
	struct timespec used;
	clockid_t clock;

	if (clock_getcpuclockid(pid, &clock) || clock_gettime(clock, &used))
		return 0;
	return (int64_t)used.tv_sec * 1000 + used.tv_nsec / 1000000;
}

/* Whether it has done nothing but this since the last look. */
static bool is_stuck(struct kid *k)
{
	const struct service_word *word = &k->last_word->loop;
	uint64_t entries = word->entries;
	int64_t cpu = cpu_ms(k->pid), used = cpu - k->cpu_ms_seen;
	bool same = word->account && entries == k->entries_seen && used * 100 >= look_ms(k->server) * BUSY_PERCENT;

	k->entries_seen = entries;
	k->cpu_ms_seen = cpu;
	return same;
}

static void look_at(struct kid *k)
{
	int64_t limit = limit_ms(k->server);

	k->stuck_ms = is_stuck(k) ? k->stuck_ms + look_ms(k->server) : 0;
	if (!limit || k->stuck_ms < limit)
		return;
	event_say(LOG_ERROR, "process-hangs",
		"%s.%u has worked for account %llu without a pause for %lld seconds: it is ended", k->role->name,
		k->index, (unsigned long long)k->last_word->loop.account, (long long)limit / 1000);
	k->hangs = true;
	kill(k->pid, SIGABRT);
}

static void look(struct timer *t)
{
	struct server *s = CONTAINER_OF(t, struct server, hangs_timer);

	for (size_t i = 0; i < s->kid_count; i++)
		if (s->kids[i].last_word && s->kids[i].pid && !s->kids[i].hangs)
			look_at(&s->kids[i]);
	timer_start(t, (uint64_t)look_ms(s));
}

void hangs_watch(struct server *s)
{
	timer_init(&s->hangs_timer, &s->loop, look);
	timer_start(&s->hangs_timer, (uint64_t)look_ms(s));
}

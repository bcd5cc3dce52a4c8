/* A mail process that works without end for one account (a loop in a parser, say) takes its neighbours down as surely as a crash. It shows: its thread
 * has been in service of that account all the time, and used the processor all the time. A disk that stalls uses none, and is not the account's
 * fault. Such a process is ended, and that counts as a crash of the account. */
#include <signal.h>
#include <time.h>

#include "base/clock.h"
#include "base/event.h"
#include "prog/super/server.h"

enum { LOOK_MS = 5000, STUCK_MS = 60000, BUSY_PERCENT = 80 };

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
	bool same = word->account && entries == k->entries_seen && used * 100 >= (int64_t)LOOK_MS * BUSY_PERCENT;

	k->entries_seen = entries;
	k->cpu_ms_seen = cpu;
	return same;
}

static void look_at(struct kid *k)
{
	k->stuck_ms = is_stuck(k) ? k->stuck_ms + LOOK_MS : 0;
	if (k->stuck_ms < STUCK_MS)
		return;
	event_say(LOG_ERROR, "process-hangs",
		"%s.%u has worked for account %llu without a pause for %d seconds: it is ended", k->role->name,
		k->index, (unsigned long long)k->last_word->loop.account, STUCK_MS / 1000);
	k->hangs = true;
	kill(k->pid, SIGABRT);
}

static void look(struct timer *t)
{
	struct server *s = CONTAINER_OF(t, struct server, hangs_timer);

	for (size_t i = 0; i < s->kid_count; i++)
		if (s->kids[i].last_word && s->kids[i].pid && !s->kids[i].hangs)
			look_at(&s->kids[i]);
	timer_start(t, LOOK_MS);
}

void hangs_watch(struct server *s)
{
	timer_init(&s->hangs_timer, &s->loop, look);
	timer_start(&s->hangs_timer, LOOK_MS);
}

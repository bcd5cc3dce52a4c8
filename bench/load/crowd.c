/* The loop of the load generator. */
#include "crowd.h"

#include <errno.h>
#include <sys/epoll.h>

#include "base/memory.h"
#include "die.h"

enum { EVENTS = 256, STUCK_MS = 120000 };

void crowd_turn(struct crowd *crowd, int ms, void (*on_idle)(struct session *, void *), void *arg)
{
	struct epoll_event events[EVENTS];
	int n = epoll_wait(crowd->poll, events, EVENTS, ms);
	if (n < 0 && errno != EINTR)
		die("epoll_wait: %m");
	for (int i = 0; i < n; i++) {
		struct session *s = events[i].data.ptr;
		session_ready(s);
		if (s->state == SESSION_READY && on_idle)
			on_idle(s, arg);
	}
}

static unsigned count_ready(const struct session *sessions, unsigned count)
{
	unsigned ready = 0;
	for (unsigned i = 0; i < count; i++)
		ready += sessions[i].state == SESSION_READY;
	return ready;
}

static void die_when_stuck(int64_t since_ns, const char *what)
{
	if (mono_ns() - since_ns > (int64_t)STUCK_MS * 1000000)
		die("%s took longer than %d s", what, STUCK_MS / 1000);
}

struct session *crowd_setup(struct crowd *crowd, unsigned count, unsigned at_once)
{
	struct session *sessions = memory_resize_array(NULL, count, sizeof *sessions);
	unsigned begun = 0, ready = 0;
	int64_t since = mono_ns();
	while (ready < count) {
		while (begun < count && begun - ready < at_once) {
			session_init(&sessions[begun], crowd);
			session_setup(&sessions[begun++]);
		}
		unsigned before = ready;
		crowd_turn(crowd, 100, NULL, NULL);
		ready = count_ready(sessions, begun);
		if (ready > before)
			since = mono_ns();
		die_when_stuck(since, "a step of the setup");
	}
	return sessions;
}

void crowd_run(struct crowd *crowd, struct session *sessions, unsigned count)
{
	uint64_t before = 0;
	int64_t since = mono_ns();
	crowd->going = true;
	for (unsigned i = 0; i < count; i++)
		session_start(&sessions[i]);
	while (crowd->done < crowd->begun) {
		crowd_turn(crowd, 1000, NULL, NULL);
		if (crowd->done > before)
			since = mono_ns();
		before = crowd->done;
		die_when_stuck(since, "an operation");
	}
	crowd->going = false;
}

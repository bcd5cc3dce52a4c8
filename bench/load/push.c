/* Deliveries on one side, sessions in IDLE on the other. */
#include "push.h"

#include "die.h"

struct round {
	struct push *push;
	const struct crowd *watchers;
	unsigned user;    /* whose watchers are to be told */
	unsigned missing; /* how many of them have not been */
	int64_t began_ns, answered_ns;
};

enum { PUSH_WAIT_MS = 20000 };

static void on_told(struct session *s, struct round *round, uint64_t times)
{
	if (s->user != round->user || times > 1)
		die("wrong answer: a watcher of u%u was told %llu times of a delivery to u%u", s->user,
			(unsigned long long)times, round->user);
	int64_t now = mono_ns();
	histogram_add(&round->push->after_start, (uint64_t)(now - round->began_ns));
	histogram_add(&round->push->after_answer, round->answered_ns == 0 ? 0 : (uint64_t)(now - round->answered_ns));
	round->push->told++;
	round->missing--;
}

/* A delivery that was answered, or what came to a watcher: "* n EXISTS" counts, RECENT and the like may come with it. */
static void on_ready(struct session *s, void *arg)
{
	struct round *round = arg;
	if (s->crowd != round->watchers) {
		round->answered_ns = mono_ns();
		return;
	}
	struct span line = {0};
	if (answer_read(&s->a, SPAN(""), false, &line) == ANSWER_WRONG)
		die("wrong answer: '%.*s' in IDLE", SPAN_ARG(line));
	uint64_t times = s->a.seen[SEEN_EXISTS];
	answer_forget(&s->a);
	if (s->a.in.n == 0)
		buf_fini(&s->a.in);
	if (times > 0)
		on_told(s, round, times);
}

static unsigned watchers_of(const struct session *sessions, unsigned count, unsigned user)
{
	unsigned n = 0;
	for (unsigned i = 0; i < count; i++)
		n += sessions[i].user == user;
	return n;
}

static void deliver_one(struct round *round, struct crowd *watchers, struct crowd *sender, struct session *deliverer)
{
	sender->most = sender->begun + 1;
	session_start(deliverer);
	while (round->answered_ns == 0 || round->missing > 0) {
		crowd_turn(watchers, 1000, on_ready, round);
		if (mono_ns() - round->began_ns > (int64_t)PUSH_WAIT_MS * 1000000)
			die("wrong answer: %u watchers of u%u were not told within %d s", round->missing, round->user,
				PUSH_WAIT_MS / 1000);
	}
}

void push_run(struct push *push, struct crowd *watchers, struct session *sessions, unsigned count, struct crowd *sender,
	struct session *deliverer, unsigned deliveries)
{
	sender->going = true;
	for (unsigned i = 0; i < deliveries && watchers->end_us == 0; i++) {
		struct round round = {.push = push, .watchers = watchers, .began_ns = mono_ns()};
		round.user = sender->first_user + sender->next_user % sender->users;
		round.missing = watchers_of(sessions, count, round.user);
		deliver_one(&round, watchers, sender, deliverer);
		push->deliveries++;
	}
}

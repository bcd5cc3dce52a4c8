/* The event loop of a process: a thin face of libuv with the three things that rooms above share: deferred calls,
 * deadlines, and jobs on worker threads. Sockets and child processes use libuv itself through loop->uv. */
#ifndef LOOP_LOOP_H
#define LOOP_LOOP_H

#include <uv.h>

#include <stdbool.h>

#include "base/list.h"

struct loop {
	uv_loop_t uv;
	uv_check_t turn; /* runs deferred calls at the end of each turn */
	uv_idle_t busy;  /* keeps the loop from sleeping while deferred calls wait */
	struct list deferred;
	bool closing;
	uint64_t turn_began_ns; /* processor time of the thread */
	uint64_t longest_turn_us;
};

void loop_init(struct loop *l);
/* Runs until loop_stop or until nothing is left to wait for. */
void loop_run(struct loop *l);
/* One turn without sleeping: for tests. True while something is still alive. */
bool loop_turn(struct loop *l);
void loop_stop(struct loop *l);
/* longest_turn_us counts from here on: what was done before was no service of anybody. (Processor time, so that it says what the process does and
 * not how busy the machine is.) */
void loop_count_turns(struct loop *l);
/* All handles must have been closed (timers by timer_fini and so on); runs the pending close callbacks. */
void loop_fini(struct loop *l);

/* A call made once, soon, from the loop: never from inside loop_defer. Embedded in its owner; deferring twice is once. */
struct deferred {
	struct list link;
	void (*call)(struct deferred *d);
};
void deferred_init(struct deferred *d, void (*call)(struct deferred *d));
void loop_defer(struct loop *l, struct deferred *d);
void deferred_cancel(struct deferred *d);

/* A deadline. Embedded; timer_fini needs one more loop turn before the memory may go, so owners free themselves in `closed`. */
struct timer {
	uv_timer_t uv;
	void (*fire)(struct timer *t);
	void (*closed)(struct timer *t);
};
void timer_init(struct timer *t, struct loop *l, void (*fire)(struct timer *t));
void timer_start(struct timer *t, uint64_t after_ms); /* again = moved */
void timer_stop(struct timer *t);
void timer_fini(struct timer *t, void (*closed)(struct timer *t));

/* Work that blocks, on a thread of the process' pool (UV_THREADPOOL_SIZE), for the account that was in service when it was started
 * (base/in_service.h). Embedded in its owner. */
struct job {
	uv_work_t uv;
	uint64_t account;
	void (*work)(struct job *j); /* on a worker thread */
	void (*done)(struct job *j); /* on the loop */
};
void job_start(struct job *j, struct loop *l);

#endif

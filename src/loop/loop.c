/* The event loop: deferred calls, timers, jobs, over libuv. */
#include "loop/loop.h"

#include <stdlib.h>
#include <time.h>

#include "base/attr.h"
#include "base/in_service.h"

static uint64_t processor_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

void loop_count_turns(struct loop *l)
{
	l->longest_turn_us = 0;
	l->turn_began_ns = processor_ns();
}

static void turn_ends(struct loop *l)
{
	uint64_t now = processor_ns(), us = (now - l->turn_began_ns) / 1000;

	if (us > l->longest_turn_us)
		l->longest_turn_us = us;
	l->turn_began_ns = now;
}

/* Calls deferred during this run wait for the next turn, so a chain of them cannot starve the sockets. */
static void run_deferred(uv_check_t *check)
{
	struct loop *l = CONTAINER_OF(check, struct loop, turn);
	struct list batch;

	list_init(&batch);
	while (!list_empty(&l->deferred)) {
		struct list *first = l->deferred.next;

		list_remove(first);
		list_append(&batch, first);
	}
	uv_idle_stop(&l->busy);
	while (!list_empty(&batch)) {
		struct deferred *d = CONTAINER_OF(batch.next, struct deferred, link);

		list_remove(&d->link);
		d->call(d);
	}
	turn_ends(l);
}

static void stay_awake(uv_idle_t *idle)
{
	(void)idle;
}

void loop_init(struct loop *l)
{
	if (uv_loop_init(&l->uv))
		abort();
	list_init(&l->deferred);
	l->closing = false;
	loop_count_turns(l);
	uv_check_init(&l->uv, &l->turn);
	uv_check_start(&l->turn, run_deferred);
	uv_unref((uv_handle_t *)&l->turn);
	uv_idle_init(&l->uv, &l->busy);
}

void loop_run(struct loop *l)
{
	uv_run(&l->uv, UV_RUN_DEFAULT);
}

bool loop_turn(struct loop *l)
{
	return uv_run(&l->uv, UV_RUN_NOWAIT) != 0;
}

void loop_stop(struct loop *l)
{
	uv_stop(&l->uv);
}

void loop_fini(struct loop *l)
{
	uv_close((uv_handle_t *)&l->turn, NULL);
	uv_close((uv_handle_t *)&l->busy, NULL);
	uv_run(&l->uv, UV_RUN_DEFAULT);
	if (uv_loop_close(&l->uv))
		abort(); /* a handle was forgotten: a bug */
}

void deferred_init(struct deferred *d, void (*call)(struct deferred *d))
{
	list_init(&d->link);
	d->call = call;
}

void loop_defer(struct loop *l, struct deferred *d)
{
	list_remove(&d->link);
	list_append(&l->deferred, &d->link);
	uv_idle_start(&l->busy, stay_awake);
}

void deferred_cancel(struct deferred *d)
{
	list_remove(&d->link);
}

static void timer_fired(uv_timer_t *uv)
{
	struct timer *t = CONTAINER_OF(uv, struct timer, uv);

	t->fire(t);
}

void timer_init(struct timer *t, struct loop *l, void (*fire)(struct timer *t))
{
	uv_timer_init(&l->uv, &t->uv);
	t->fire = fire;
	t->closed = NULL;
}

void timer_start(struct timer *t, uint64_t after_ms)
{
	uv_timer_start(&t->uv, timer_fired, after_ms, 0);
}

void timer_stop(struct timer *t)
{
	uv_timer_stop(&t->uv);
}

static void timer_closed(uv_handle_t *uv)
{
	struct timer *t = CONTAINER_OF(uv, struct timer, uv);

	if (t->closed)
		t->closed(t);
}

void timer_fini(struct timer *t, void (*closed)(struct timer *t))
{
	t->closed = closed;
	uv_close((uv_handle_t *)&t->uv, timer_closed);
}

static void job_work(uv_work_t *uv)
{
	struct job *j = CONTAINER_OF(uv, struct job, uv);
	SERVING(j->account);

	j->work(j);
}

static void job_done(uv_work_t *uv, int status)
{
	struct job *j = CONTAINER_OF(uv, struct job, uv);

	SERVING(j->account);

	(void)status; /* jobs are never cancelled */
	j->done(j);
}

void job_start(struct job *j, struct loop *l)
{
	j->account = service_account();
	if (uv_queue_work(&l->uv, &j->uv, job_work, job_done))
		abort();
}

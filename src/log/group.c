/* Group commit: what waits goes to the disk in one write and one sync, one group at a time.
 *
 *   log_commit ─► waiting ──kick (end of the loop's turn)──► flight: worker writes, syncs ──landed──► done() of each, in order
 *
 * The end of a group is written only after every earlier segment of the group was synced. A failure is never retried: the log
 * is broken, and everyone who waits gets LOG_UNKNOWN. */
#include "log/inner.h"

#include "base/memory.h"

static void kick(struct deferred *d);

void group_init(struct log *log)
{
	log->waiting_tail = &log->waiting;
	deferred_init(&log->kick, kick);
}

static struct log_commit *take_waiting(struct log *log)
{
	struct log_commit *first = log->waiting;

	log->waiting = NULL;
	log->waiting_tail = &log->waiting;
	return first;
}

/* The callbacks may append and commit again, which queues them for the next group. */
static void answer(struct log_commit *c, struct log_pos end, enum log_result result)
{
	while (c) {
		struct log_commit *next = c->next;

		c->next = NULL;
		c->end = end;
		c->done(c, result);
		c = next;
	}
}

void group_break(struct log *log)
{
	log->broken = true;
	if (log->loop && log->waiting)
		loop_defer(log->loop, &log->kick);
}

static enum fail fly(struct flight *f)
{
	struct iovec iov = {f->bytes.p, f->bytes.n};
	enum fail fail = FAIL_NONE;

	for (size_t i = 0; !fail && i < f->sealed_count; i++)
		fail = f->sealed[i]->file->ops->sync(f->sealed[i]->file, &f->why);
	if (!fail)
		fail = f->file->ops->write(f->file, &iov, 1, f->offset, &f->why);
	if (!fail)
		fail = f->file->ops->sync(f->file, &f->why);
	if (!fail && f->dir)
		fail = f->disk->ops->sync_dir(f->disk, f->dir, &f->why);
	return fail;
}

/* Appends the group's end to the pending bytes. */
static void end_group(struct log *log)
{
	struct log_pos pos = {log->current->number, log->tail};
	struct record_header h;
	char bytes[GROUP_END_SIZE];
	struct group_end g = {
		.generation = log->generation,
		.previous_generation = log->previous_generation,
		.number = ++log->group,
		.start = log->group_start,
		.durable = log->durable_end,
		.cut = log->cut,
		.chain = log->chain,
		.count = log->count,
	};

	group_end_put(&g, pos, &h, bytes);
	(void)buf_add(&log->pending, span(bytes, sizeof bytes)); /* without a cap */
	log->tail += GROUP_END_SIZE;
	log->current->bytes = log->tail;
	log->group_start = (struct log_pos){log->current->number, log->tail};
	log->chain = 0;
	log->count = 0;
}

static struct flight *take_off(struct log *log)
{
	struct flight *f = NEW(struct flight);
	struct segments *s = &log->segments;

	end_group(log);
	f->log = log;
	f->disk = s->disk;
	f->dir = s->dir_changed ? s->dir : NULL;
	s->dir_changed = false;
	f->segment = log->current;
	f->segment->uses++;
	f->segment->unsynced = false;
	f->file = f->segment->file;
	f->sealed = log->sealed;
	f->sealed_count = log->sealed_count;
	log->sealed = NULL;
	log->sealed_count = 0;
	f->bytes = log->pending;
	f->offset = log->tail - (uint32_t)f->bytes.n;
	f->end = (struct log_pos){log->current->number, log->tail};
	f->commits = take_waiting(log);
	log->pending = log->spare;
	buf_init(&log->spare, SIZE_MAX);
	log->flight = f;
	return f;
}

/* Takes over what the worker left. The commits are answered by the caller: their callbacks may do anything. */
static struct log_commit *land(struct log *log, struct flight *f)
{
	log->flight = NULL;
	if (f->result) {
		log->broken = true;
	} else {
		/* What this group's end says of the one before is on the disk now. */
		segments_proven(&log->segments, log->durable_end.segment);
		log->durable_end = f->end;
	}
	for (size_t i = 0; i < f->sealed_count; i++) {
		f->sealed[i]->unsynced = f->result != FAIL_NONE;
		segment_unuse(&log->segments, f->sealed[i]);
	}
	segment_unuse(&log->segments, f->segment);
	free(f->sealed);
	f->sealed = NULL;
	if (f->bytes.cap <= 4 * PENDING_MAX) {
		buf_fini(&log->spare);
		log->spare = f->bytes;
		buf_reset(&log->spare);
		buf_init(&f->bytes, 0);
	} else {
		buf_fini(&f->bytes);
	}
	return f->commits;
}

static void settle(struct log *log, struct flight *f)
{
	struct log_commit *commits = land(log, f);

	answer(commits, f->end, f->result ? LOG_UNKNOWN : LOG_DONE);
}

static void flight_work(struct job *job)
{
	struct flight *f = CONTAINER_OF(job, struct flight, job);
	struct log *log = f->log;

	f->result = fly(f);
	/* The last touch of the log from this thread: whoever sees `landed` may free it. */
	pthread_mutex_lock(&log->lock);
	f->landed = true;
	pthread_cond_broadcast(&log->landed);
	pthread_mutex_unlock(&log->lock);
}

static void flight_done(struct job *job)
{
	struct flight *f = CONTAINER_OF(job, struct flight, job);
	struct log *log = f->log;

	if (log) {
		settle(log, f);
		if (log->waiting)
			loop_defer(log->loop, &log->kick);
	}
	free(f);
}

/* A group in the caller's own thread. */
static void fly_now(struct log *log)
{
	struct flight *f = take_off(log);

	f->result = fly(f);
	settle(log, f);
	free(f);
}

static void kick(struct deferred *d)
{
	struct log *log = CONTAINER_OF(d, struct log, kick);
	struct flight *f;

	if (!log->waiting || (log->flight && !log->broken))
		return; /* landing kicks again */
	if (log->broken) {
		/* In order: whoever is in flight is answered first, and landing kicks again. */
		if (!log->flight)
			answer(take_waiting(log), log->durable_end, LOG_UNKNOWN);
		return;
	}
	if (!log->count) {
		answer(take_waiting(log), log->durable_end, LOG_DONE);
		return;
	}
	f = take_off(log);
	f->job.work = flight_work;
	f->job.done = flight_done;
	job_start(&f->job, log->loop);
}

static void commit_now(struct log *log)
{
	if (log->broken)
		answer(take_waiting(log), log->durable_end, LOG_UNKNOWN);
	else if (!log->count)
		answer(take_waiting(log), log->durable_end, LOG_DONE);
	else
		fly_now(log);
}

void log_commit(struct log *log, struct log_commit *c)
{
	c->next = NULL;
	*log->waiting_tail = c;
	log->waiting_tail = &c->next;
	if (log->loop)
		loop_defer(log->loop, &log->kick);
	else
		commit_now(log);
}

void group_finish(struct log *log)
{
	struct flight *f = log->flight;

	if (f) {
		pthread_mutex_lock(&log->lock);
		while (!f->landed)
			pthread_cond_wait(&log->landed, &log->lock);
		pthread_mutex_unlock(&log->lock);
		f->log = NULL; /* the loop will still call flight_done, which frees it */
		settle(log, f);
	}
	while (log->waiting)
		commit_now(log);
}

void group_close(struct log *log)
{
	/* Records that nobody committed were never promised, and must not come to life here. */
	if (log->count || log->group_start.offset <= SEGMENT_START)
		return;
	if (log->footer_types && !append_end_segment(log, NULL))
		fly_now(log);
	if (!log->broken)
		fly_now(log);
}

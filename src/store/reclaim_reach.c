/* Before a victim may go, the log without it and the index must stand for themselves: the record that says who this store is stands behind it, and
 * the index has reached past it and is flushed. Must not answer before both are durable. */
#include "store/reclaim_inner.h"

static void named(struct log_commit *c, enum log_result result)
{
	struct reclaimer *r = CONTAINER_OF(c, struct reclaimer, commit);
	struct store *s = r->s;

	if (result != LOG_DONE || s->broken) {
		r->fail = why(&r->why, FAIL_UNKNOWN, "The server has a problem with its disk.");
	} else {
		if (r->named.segment)
			s->identity_pos = r->named;
		commit_reached(s, c->end);
		r->phase = RECLAIM_REACH;
	}
	reclaim_again(r);
}

/* The record that says who this store is stands in one of the segments that are to go, or is old: it is written again. */
bool reclaim_name(struct reclaimer *r)
{
	struct store *s = r->s;
	struct span identity = buf_span(&s->identity);

	r->named = (struct log_pos){0, 0};
	if (s->identity_pos.segment <= reclaim_highest_victim(r))
		r->fail = log_append(s->log, RECORD_STORE, &identity, 1, &r->named, &r->why);
	if (r->fail) {
		if (log_broken(s->log))
			store_break(s, &r->why);
		return true;
	}
	r->commit.done = named;
	log_commit(s->log, &r->commit);
	return false;
}

static void flush_work(struct job *j)
{
	struct reclaimer *r = CONTAINER_OF(j, struct reclaimer, flush);

	r->fail = r->s->kv->ops->flush(r->s->kv, &r->why);
}

static void flush_done(struct job *j)
{
	struct reclaimer *r = CONTAINER_OF(j, struct reclaimer, flush);

	r->flushed = true;
	r->phase = RECLAIM_BARRIER;
	reclaim_again(r);
}

/* What is on its way may hold the index's place back for a moment. */
bool reclaim_reach(struct reclaimer *r)
{
	struct store *s = r->s;

	if (s->reached.segment <= reclaim_highest_victim(r)) {
		reclaim_rest(r, RECLAIM_LOOK_AGAIN_MS);
		r->phase = RECLAIM_NAME;
		return false;
	}
	r->fail = index_write(s, &r->why);
	if (r->fail)
		return true;
	r->phase = RECLAIM_FLUSH;
	r->flush.work = flush_work;
	r->flush.done = flush_done;
	if (s->threads) {
		job_start(&r->flush, s->loop);
		return false;
	}
	flush_work(&r->flush);
	flush_done(&r->flush);
	return false;
}

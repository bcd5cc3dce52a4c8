/* When the mail process gives disk space back (store/reclaim.h does it): some time after the start, then every few minutes as long as there is
 * something to do, and at once when an administrator asks. Says what came of it once, when anything did. */
#include "prog/mail/reclaim.h"

#include "base/clock.h"
#include "base/event.h"
#include "base/memory.h"
#include "prog/mail/mail.h"
#include "store/engine.h"

enum {
	FIRST_MS = 20 * 1000,
	SOON_MS = 1000,
	PAUSE_MS = 10 * 60 * 1000,
	LIVE_PERCENT = 50,
	LEAST = 256 << 10,          /* not for less in a segment */
	GROWTH = 16 << 20,          /* nor before the log has grown by so much, or an hour has passed */
	LONGEST = 6,                /* pauses */
	PURGED_SECONDS = 12 * 3600, /* what was purged is to be gone within a day */
	REST_SECONDS = 24 * 3600    /* what came longer ago is at rest */
};

bool mail_reclaim_restless;

struct mail_reclaim {
	struct mail *mail;
	struct timer timer;
	struct store_wait wait;
	struct reclaim_result result;
	uint64_t looked_at; /* octets of the log when the last round had found nothing to do */
	unsigned pauses;
	bool running, urgent, wanted; /* wanted: asked for while one was running */
};

static void again(struct mail_reclaim *r, uint64_t ms)
{
	timer_start(&r->timer, mail_reclaim_restless ? 1 : ms);
}

static void done(struct store_wait *w, enum fail f)
{
	struct mail_reclaim *r = CONTAINER_OF(w, struct mail_reclaim, wait);
	const struct reclaim_result *x = &r->result;

	r->running = false;
	child_counts_changed(r->mail->child);
	if (f && f != FAIL_CLOSED)
		event_say(LOG_WARN, "reclaim-failed", "shard %u: %s", r->mail->child->index, w->why.log);
	else if (!f && x->segments && !mail_reclaim_restless)
		event_say(LOG_INFO, "reclaimed", "shard %u: %llu bytes given back, %llu messages moved",
			r->mail->child->index, (unsigned long long)x->bytes, (unsigned long long)x->messages);
	if (!f && !x->segments) {
		r->looked_at = store_log_bytes(r->mail->store);
		r->urgent = false;
	}
	r->pauses = 0;
	r->urgent |= r->wanted;
	r->wanted = false;
	again(r, (!f && x->segments) || r->urgent ? SOON_MS : PAUSE_MS);
}

static bool worth_it(struct mail_reclaim *r)
{
	uint64_t bytes = store_log_bytes(r->mail->store);

	return r->urgent || mail_reclaim_restless || store_disk_low(r->mail->store) || bytes > r->looked_at + GROWTH ||
	       bytes < r->looked_at || ++r->pauses >= LONGEST;
}

/* Segments are smaller only in tests, and are to be worth it there too. */
static uint64_t least(void)
{
	return engine_parts.segment_size ? engine_parts.segment_size / 4 : LEAST;
}

static void run(struct mail_reclaim *r)
{
	const struct settings *s = r->mail->child->settings;
	struct reclaim_order order = {.percent = LIVE_PERCENT,
		.least = least(),
		.purged_before = clock_wall_seconds() - PURGED_SECONDS,
		.bytes_per_second = s->reclaim_rate,
		.compress = s->compress,
		.compress_before = clock_wall_seconds() - REST_SECONDS};

	if (r->urgent) { /* whoever asks wants to see it */
		order.bytes_per_second *= 4;
		order.purged_before = INT64_MAX;
	}
	if (mail_reclaim_restless)
		order = (struct reclaim_order){.percent = 100, .compress = true};
	store_wait_init(&r->wait, done);
	r->running = store_reclaim(r->mail->store, &order, &r->result, &r->wait) == FAIL_BUSY;
	if (!r->running)
		again(r, PAUSE_MS);
}

static void due(struct timer *t)
{
	struct mail_reclaim *r = CONTAINER_OF(t, struct mail_reclaim, timer);

	if (!r->mail->store || r->mail->stopping || r->running)
		return;
	if ((r->mail->child->settings->reclaim || r->urgent) && worth_it(r))
		run(r);
	else
		again(r, PAUSE_MS);
}

void mail_reclaim_begin(struct mail *m)
{
	struct mail_reclaim *r = NEW(struct mail_reclaim);

	r->mail = m;
	m->reclaim = r;
	timer_init(&r->timer, &m->child->loop, due);
	again(r, FIRST_MS);
}

void mail_reclaim_now(struct mail *m)
{
	struct mail_reclaim *r = m->reclaim;

	if (!r || m->stopping)
		return;
	if (r->running)
		r->wanted = true;
	r->urgent = true;
	if (!r->running)
		again(r, 0);
}

void mail_reclaim_stop(struct mail *m)
{
	struct mail_reclaim *r = m->reclaim;

	if (!r)
		return;
	timer_stop(&r->timer);
	if (r->running)
		store_reclaim_stop(m->store);
}

void mail_reclaim_report(const struct mail *m, struct msg_report *out)
{
	struct reclaim_figures f;

	store_reclaim_figures(m->store, &f);
	out->log_bytes = f.log_bytes;
	out->log_live_bytes = f.live_bytes;
	out->log_kept_bytes = f.kept_bytes;
	out->reclaimed_bytes = f.reclaimed_bytes;
	out->reclaiming = f.running;
}

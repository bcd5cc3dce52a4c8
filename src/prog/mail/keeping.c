/* What time does to mail: how long expunged mail is kept (store/expire.h), and what the policies of POP3 let go (store/device_walk.h). Settings, and a
 * walk over all accounts every few minutes for each. */
#include "prog/mail/mail.h"

#include "base/clock.h"
#include "base/event.h"
#include "base/random.h"
#include "prog/pauses.h"

enum {
	FIRST_MS = 5000,
	PERIOD_MAX_MS = 300000,
	PERIOD_MIN_MS = 1000,
	PERIODS_A_KEEPING = 16,
	LOW_PERIOD_MS = 60000,
	HALVINGS_MAX = 32
};

/* While the disk is low mail is kept for half as long after each walk: the oldest goes first, over all accounts, and there is time between for
 * its space to be given back. */
static uint64_t keep_seconds(struct mail *m)
{
	if (!store_disk_low(m->store))
		m->keep_halvings = 0;
	else if (m->keep_halvings < HALVINGS_MAX)
		m->keep_halvings++;
	return m->child->settings->keep_deleted >> m->keep_halvings;
}

/* Short when mail is kept for a short time only; never the same, so that shards do not all walk at once. */
static uint64_t period_ms(const struct mail *m)
{
	uint64_t ms = m->child->settings->keep_deleted * 1000 / PERIODS_A_KEEPING;

	if (!ms || ms > PERIOD_MAX_MS)
		ms = PERIOD_MAX_MS;
	if (store_disk_low(m->store) && ms > LOW_PERIOD_MS)
		ms = LOW_PERIOD_MS;
	if (ms < PERIOD_MIN_MS)
		ms = PERIOD_MIN_MS;
	return ms - random_u64() % (ms / 4 + 1);
}

static void walked(struct expiry *e, enum fail f)
{
	struct mail *m = CONTAINER_OF(e, struct mail, expiry);

	if (f && !m->broken)
		event_say(LOG_WARN, "purge-failed", "shard %u: %s", m->child->index, e->wait.why.log);
	else if (e->purged)
		event_say(LOG_INFO, "purged", "shard %u: %llu expunged messages are gone for good", m->child->index,
			(unsigned long long)e->purged);
	timer_start(&m->expiry_timer, period_ms(m));
}

static void walk(struct timer *t)
{
	struct mail *m = CONTAINER_OF(t, struct mail, expiry_timer);
	struct expire_limits limits = {.bytes = m->child->settings->keep_deleted_size};
	uint64_t done, all;

	if (m->stopping || m->broken)
		return;
	if (store_rebuilding(m->store, &done, &all)) {
		timer_start(&m->expiry_timer, FIRST_MS);
		return;
	}
	limits.seconds = keep_seconds(m);
	expiry_run(&m->expiry, &limits);
}

/* ── POP3 ── */

static void devices_walked(struct device_walk *d, enum fail f)
{
	struct mail *m = CONTAINER_OF(d, struct mail, devices);

	if (f && !m->broken)
		event_say(LOG_WARN, "retention-failed", "shard %u: %s", m->child->index, d->why.log);
	else if (d->changed)
		event_say(LOG_INFO, "retention", "shard %u: what POP3's policies let go was expunged in %llu accounts",
			m->child->index, (unsigned long long)d->changed);
	timer_start(&m->devices_timer, pauses.devices_ms - random_u64() % (pauses.devices_ms / 4 + 1));
}

static void walk_devices(struct timer *t)
{
	struct mail *m = CONTAINER_OF(t, struct mail, devices_timer);
	const struct settings *s = m->child->settings;
	struct device_rules rules = {
		device_policy_after(s->pop3_retention), s->pop3_device_forget, clock_wall_seconds()};
	uint64_t done, all;

	if (m->stopping || m->broken)
		return;
	if (store_rebuilding(m->store, &done, &all))
		timer_start(&m->devices_timer, FIRST_MS);
	else
		device_walk_run(&m->devices, &rules);
}

/* ── Both ── */

void keeping_start(struct mail *m)
{
	expiry_init(&m->expiry, m->store, walked);
	timer_init(&m->expiry_timer, &m->child->loop, walk);
	timer_start(&m->expiry_timer, FIRST_MS + random_u64() % FIRST_MS);
	device_walk_init(&m->devices, m->store, devices_walked);
	timer_init(&m->devices_timer, &m->child->loop, walk_devices);
	timer_start(&m->devices_timer, pauses.devices_ms / 2);
	keeping_reload(m);
}

void keeping_reload(struct mail *m)
{
	store_keep(m->store, m->child->settings->keep_deleted > 0);
}

void keeping_stop(struct mail *m)
{
	timer_stop(&m->expiry_timer);
	expiry_stop(&m->expiry);
	timer_stop(&m->devices_timer);
	device_walk_stop(&m->devices);
}

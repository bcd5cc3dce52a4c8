/* Room on the disk. A store that finds its disk full in the middle of a write breaks, and so cannot even be read until there is room; so it
 * stops growing while there is still some left (the reserve), and tells so once. What makes it smaller, and small changes, go on in what
 * is left. A ballast file beside the log is given up when even opening finds no room. Neither writes nor promises anything else. */
#include "base/clock.h"
#include "base/memory.h"
#include "log/ballast.h"
#include "store/inside.h"

enum {
	LOOK_MS = 100,   /* an answer of the disk is good for so long, */
	LOOK_SHARE = 8,  /* or until this part of the reserve may have been written */
	AGAIN_MS = 1000, /* while it is low: how often to see whether that has ended */
	BALLAST_SIZE = 8 << 20,
	BALLAST_ROOM = 4, /* it is made where so many times its size are free */
	OPENING_NEEDS = 1 << 20
};

struct space {
	struct store *store;
	struct timer again;
	uint64_t reserve, written; /* since the last look */
	int64_t looked;
	bool low;
};

static void look(struct space *sp);

static void look_again(struct timer *t)
{
	look(CONTAINER_OF(t, struct space, again));
}

void space_keep_ballast(struct store *s)
{
	if (s->ballast)
		ballast_keep(s->disk, BALLAST_SIZE);
}

static double mb(uint64_t bytes)
{
	return (double)bytes / (1 << 20);
}

static void say_turn(struct space *sp, uint64_t room)
{
	struct store *s = sp->store;

	if (sp->low)
		store_report(s,
			"the disk is nearly full: %.1f MB are free for %s, less than disk_reserve (%.1f MB). New mail "
			"is "
			"refused for a while; reading and deleting go on. Make room on that disk, or give it more",
			mb(room), s->place, mb(sp->reserve));
	else
		store_report(s, "there is room on the disk again: %.1f MB are free for %s. New mail is taken", mb(room),
			s->place);
}

/* What the disk says; a little more than the reserve ends it, so that it does not come and go with every message. */
static void look(struct space *sp)
{
	struct disk *d = sp->store->disk;
	uint64_t room = 0, enough = sp->low ? sp->reserve + sp->reserve / LOOK_SHARE : sp->reserve;
	bool low;

	sp->looked = clock_mono_ms();
	sp->written = 0;
	low = sp->reserve && d->ops->space(d, &room, NULL) == FAIL_NONE && room < enough;
	if (low != sp->low) {
		sp->low = low;
		say_turn(sp, room);
		if (!low)
			space_keep_ballast(sp->store);
	}
	if (low)
		timer_start(&sp->again, AGAIN_MS);
	else
		timer_stop(&sp->again);
}

void store_set_disk_reserve(struct store *s, uint64_t bytes)
{
	if (!s->space) {
		s->space = NEW(struct space);
		s->space->store = s;
		timer_init(&s->space->again, s->loop, look_again);
	}
	s->space->reserve = bytes;
	look(s->space);
}

bool store_disk_low(const struct store *s)
{
	return s->space && s->space->low;
}

enum fail store_may_grow(struct store *s, uint64_t bytes, struct why *w)
{
	struct space *sp = s->space;

	if (!sp || !sp->reserve)
		return FAIL_NONE;
	sp->written += bytes;
	if (sp->written > sp->reserve / LOOK_SHARE || clock_mono_ms() - sp->looked >= LOOK_MS)
		look(sp);
	if (!sp->low)
		return FAIL_NONE;
	return why_log(w, FAIL_DISK_FULL, "The server's disk is full: try again later.",
		"less than disk_reserve is free for %s", s->place);
}

static void space_closed(struct timer *t)
{
	free(CONTAINER_OF(t, struct space, again));
}

void space_fini(struct store *s)
{
	if (s->space)
		timer_fini(&s->space->again, space_closed);
	s->space = NULL;
}

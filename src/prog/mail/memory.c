/* Memory that nobody needs goes back to the system: what the last minute's work left behind, rows of mailboxes that were closed. */
#include <malloc.h>

#include "prog/mail/mail.h"

enum {
	PERIOD_MS = 60000,
	MAPPED_FROM = 1 << 20, /* allocations that are a mapping of their own, and so go back when they are freed */
	TOP_KEPT = 4 << 20,    /* free memory at the heap's end, for what comes next */
	ARENAS = 2,            /* the loop's, and one for all workers: each keeps what was freed in it */
};

static void tidy(struct timer *t)
{
	struct mail *m = CONTAINER_OF(t, struct mail, memory_timer);

	if (m->stopping || m->broken)
		return;
	store_forget_idle(m->store);
	malloc_trim(TOP_KEPT);
	timer_start(&m->memory_timer, PERIOD_MS);
}

void memory_limits(void)
{
	mallopt(M_MMAP_THRESHOLD, MAPPED_FROM);
	mallopt(M_TRIM_THRESHOLD, TOP_KEPT);
	mallopt(M_ARENA_MAX, ARENAS);
}

void memory_start(struct mail *m)
{
	timer_init(&m->memory_timer, &m->child->loop, tidy);
	timer_start(&m->memory_timer, PERIOD_MS);
}

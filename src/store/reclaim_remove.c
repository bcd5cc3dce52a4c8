/* The end of a round: what reads had begun has ended, then the victims go, one at a time. Must never remove a segment while something may still
 * read in it, nor after somebody has named one (r->again). */
#include "log/format.h"
#include "store/reclaim_inner.h"

bool reclaim_drain_begin(struct reclaimer *r)
{
	struct store *s = r->s;

	reclaim_guard(r);
	r->drain_era = s->reading_era;
	/* Reads that begin from here on can find no place in a victim. */
	if (!s->readings[!s->reading_era])
		s->reading_era = !s->reading_era;
	r->phase = RECLAIM_DRAIN;
	return true;
}

bool reclaim_drain(struct reclaimer *r)
{
	struct store *s = r->s;

	if (s->readings[r->drain_era] || s->reading_era == r->drain_era) {
		reclaim_rest(r, RECLAIM_LOOK_AGAIN_MS);
		if (s->reading_era == r->drain_era)
			r->phase = RECLAIM_GUARD; /* there were still older ones */
		return false;
	}
	r->phase = RECLAIM_REMOVE;
	return true;
}

static struct reclaim_segment *next_victim(struct reclaimer *r)
{
	for (size_t i = 0; i < r->segment_count; i++)
		if (r->segments[i].victim)
			return &r->segments[i];
	return NULL;
}

static void let_go_work(struct job *j)
{
	struct reclaimer *r = CONTAINER_OF(j, struct reclaimer, let_go);

	r->s->disk->ops->close(r->last);
}

static void let_go_done(struct job *j)
{
	struct reclaimer *r = CONTAINER_OF(j, struct reclaimer, let_go);

	r->last = NULL;
	reclaim_again(r);
}

/* The file system may take its time to free a large file: it does so when the last who has it open lets go, and that is a worker. */
static void hold_file(struct reclaimer *r, uint32_t segment)
{
	struct disk *disk = r->s->disk;
	char name[SEGMENT_NAME_SIZE], path[SEGMENT_NAME_SIZE + 4];

	segment_name(segment, name);
	snprintf(path, sizeof(path), "log/%s", name);
	if (disk->ops->open(disk, path, DISK_READ, &r->last, NULL))
		r->last = NULL; /* then it is freed at once */
}

/* One, and then something else has its turn. */
bool reclaim_remove(struct reclaimer *r)
{
	struct reclaim_segment *g = next_victim(r);
	struct store *s = r->s;

	if (r->again || !g) {
		r->phase = r->again ? RECLAIM_BARRIER : RECLAIM_END;
		return true;
	}
	hold_file(r, g->number);
	r->fail = log_remove_segment(s->log, g->number, &r->why);
	if (!r->fail) {
		purged_forget(s, g->number);
		r->fail = index_write(s, &r->why);
		g->victim = false;
		r->result.segments++;
		r->result.bytes += g->bytes;
		r->figures.removed_segments++;
		r->figures.reclaimed_bytes += g->bytes;
	}
	if (!r->last)
		return true;
	r->let_go.work = let_go_work;
	r->let_go.done = let_go_done;
	job_start(&r->let_go, s->loop);
	return false;
}

/* An index that turns out to be damaged while the store is served. It holds nothing that the log does not, so nothing is repaired in it: a mark is left
 * on the disk, the store breaks, and the next opening finds the mark, removes the index and has it made anew (engine.c).
 *
 *   the engine, in any thread ──rung──► alarm ──the loop──► condemn ─► mark, store_break
 *   ... while the store is being opened ─────────────────► store_open fails: condemn_if_rung ─► mark */
#include "store/condemn.h"

#include <stdatomic.h>

#include "base/memory.h"
#include "log/disk.h"
#include "store/inside.h"

static const char mark[] = "index.bad";

struct alarm {
	uv_async_t async;    /* holds no loop back from ending */
	struct store *store; /* NULL: it was closed */
	atomic_bool rung;
};

static void ring(void *context)
{
	struct alarm *a = context;

	if (!atomic_exchange(&a->rung, true))
		uv_async_send(&a->async);
}

static void leave_mark(struct store *s)
{
	struct disk_file *file;
	struct why w;
	enum fail f = s->disk->ops->open(s->disk, mark, DISK_CREATE | DISK_WRITE, &file, &w);

	if (!f) {
		s->disk->ops->close(file);
		f = s->disk->ops->sync_dir(s->disk, "", &w);
	}
	if (f && f != FAIL_EXISTS)
		store_report(s, "the damaged index cannot be marked as such: %s; stop the server and remove it", w.log);
}

static void answered(uv_async_t *async)
{
	struct alarm *a = CONTAINER_OF(async, struct alarm, async);
	struct store *s = a->store;
	struct why w;

	if (!s || s->broken || s->opening)
		return;
	leave_mark(s);
	(void)!why(&w, FAIL_CORRUPT, "its index is damaged, and is made anew from the log");
	store_break(s, &w);
}

void condemn_watch(struct store *s)
{
	struct alarm *a = NEW(struct alarm);

	uv_async_init(&s->loop->uv, &a->async, answered);
	uv_unref((uv_handle_t *)&a->async);
	a->store = s;
	s->alarm = a;
	s->kv->ops->on_corrupt(s->kv, ring, a);
}

bool condemn_if_rung(struct store *s)
{
	if (!atomic_load(&s->alarm->rung))
		return false;
	leave_mark(s);
	return true;
}

static void closed(uv_handle_t *handle)
{
	free(CONTAINER_OF((uv_async_t *)(void *)handle, struct alarm, async));
}

void condemn_end(struct store *s)
{
	struct alarm *a = s->alarm;

	if (!a)
		return;
	(void)condemn_if_rung(s);
	a->store = NULL;
	uv_close((uv_handle_t *)&a->async, closed);
	s->alarm = NULL;
}

bool condemned(struct disk *disk)
{
	struct disk_file *file;

	if (disk->ops->open(disk, mark, DISK_READ, &file, NULL))
		return false;
	disk->ops->close(file);
	return true;
}

enum fail condemned_no_more(struct disk *disk, struct why *w)
{
	enum fail f = disk->ops->remove(disk, mark, w);

	return f == FAIL_NOT_FOUND ? FAIL_NONE : f;
}

/* The change feed: a queue of events a mailbox, read by any number of readers at their own pace; an event goes when the last has passed
 * it, and with it the ghosts of the rows that it expunged. Adding to it is apply.c's alone (INV-1). */
#include "store/feed.h"

#include "base/in_service.h"
#include "base/memory.h"
#include "store/inside.h"

enum { GHOSTS_DOUBLE_BELOW = 1024 };

void feed_init(struct feed *f)
{
	*f = (struct feed){0};
	list_init(&f->readers);
}

void feed_fini(struct mailbox *m)
{
	free(m->feed.at);
	free(m->ghosts);
	m->ghosts = NULL;
	m->ghost_count = m->ghost_passed = m->ghost_cap = 0;
	feed_init(&m->feed);
}

bool feed_wanted(const struct mailbox *m)
{
	return !list_empty(&m->feed.readers);
}

static struct feed_entry *entry_at(const struct feed *f, uint64_t number)
{
	return &f->at[f->head + (size_t)(number - f->base)];
}

static uint64_t feed_limit(const struct feed *f)
{
	return f->base + f->n;
}

/* New messages of one batch, one after the other, are one event. */
static bool feed_extend(struct feed *f, const struct feed_event *e)
{
	struct feed_event *last;

	if (!f->n || e->kind != FEED_APPEARED)
		return false;
	last = &entry_at(f, feed_limit(f) - 1)->event;
	if (last->kind != FEED_APPEARED || last->modseq != e->modseq || last->author != e->author ||
		last->uid_last + 1 != e->uid_first)
		return false;
	last->uid_last = e->uid_last;
	return true;
}

static void feed_make_room(struct feed *f)
{
	if (f->head && (f->head >= f->n || f->head + f->n == f->cap)) {
		memmove(f->at, f->at + f->head, f->n * sizeof(*f->at));
		f->head = 0;
	}
	if (f->head + f->n == f->cap) {
		f->cap = f->cap ? f->cap * 2 : 16;
		f->at = memory_resize_array(f->at, f->cap, sizeof(*f->at));
	}
}

uint64_t feed_add(struct mailbox *m, const struct feed_event *e)
{
	struct feed *f = &m->feed;

	if (!feed_wanted(m))
		return feed_limit(f);
	list_remove(&m->wake);
	list_append(&m->account->store->wake, &m->wake);
	if (!feed_extend(f, e)) {
		feed_make_room(f);
		f->at[f->head + f->n++] = (struct feed_entry){*e, m->feed.new_ghosts};
		m->feed.new_ghosts = 0;
	}
	return feed_limit(f) - 1;
}

void feed_keep_ghosts(struct mailbox *m, const struct row *rows, size_t n, uint64_t event)
{
	size_t at = m->ghost_count;

	if (!feed_wanted(m))
		return;
	if (m->ghost_count + n > m->ghost_cap) {
		m->ghost_cap = m->ghost_count + n +
			       (m->ghost_count < GHOSTS_DOUBLE_BELOW ? m->ghost_count : m->ghost_count / 8);
		m->ghosts = memory_resize_array(m->ghosts, m->ghost_cap, sizeof(*m->ghosts));
	}
	while (at && m->ghosts[at - 1].row.uid > rows[0].uid)
		at--;
	/* Between two neighbours that were expunged together no older ghost can lie in more than a few places: insert one by one. */
	for (size_t i = 0; i < n; i++) {
		while (at < m->ghost_count && m->ghosts[at].row.uid < rows[i].uid)
			at++;
		if (at < m->ghost_count)
			memmove(&m->ghosts[at + 1], &m->ghosts[at], (m->ghost_count - at) * sizeof(*m->ghosts));
		m->ghosts[at] = (struct ghost){rows[i], event};
		m->ghost_count++;
		at++;
	}
	m->feed.new_ghosts += n;
}

/* Those that all have passed are found by nobody any more (mailbox_message); they go once they are most of them, so that a reader that passes
 * a thousand events does not walk over a million ghosts each time. */
static void drop_ghosts(struct mailbox *m, uint64_t passed)
{
	size_t kept = 0;

	if (feed_wanted(m) && m->ghost_passed * 2 < m->ghost_count)
		return;
	for (size_t i = 0; m->ghost_passed < m->ghost_count && i < m->ghost_count; i++)
		if (m->ghosts[i].event >= passed)
			m->ghosts[kept++] = m->ghosts[i];
	m->ghost_count = kept;
	m->ghost_passed = 0;
	if (!kept) {
		free(m->ghosts);
		m->ghosts = NULL;
		m->ghost_cap = 0;
	}
}

/* Forgets what every reader has passed. */
static void feed_trim(struct mailbox *m)
{
	struct feed *f = &m->feed;
	uint64_t passed = feed_limit(f);

	LIST_EACH(it, &f->readers)
	{
		const struct feed_reader *r = CONTAINER_OF(it, struct feed_reader, link);

		if (r->next < passed)
			passed = r->next;
	}
	for (; f->base < passed; f->base++, f->head++, f->n--)
		m->ghost_passed += f->at[f->head].ghosts;
	if (!f->n)
		f->head = 0;
	if (m->ghost_count && (m->ghost_passed || !feed_wanted(m)))
		drop_ghosts(m, passed);
}

void feed_begin(struct feed_reader *r, struct mailbox *m, void (*wake)(struct feed_reader *r))
{
	r->mailbox = m;
	r->next = feed_limit(&m->feed);
	r->wake = wake;
	r->woken = false;
	list_init(&r->link);
	list_append(&m->feed.readers, &r->link);
}

void feed_end(struct feed_reader *r)
{
	list_remove(&r->link);
	if (r->mailbox)
		feed_trim(r->mailbox);
	r->mailbox = NULL;
}

bool feed_peek(const struct feed_reader *r, size_t skip, struct feed_event *out)
{
	const struct feed *f = &r->mailbox->feed;

	if (skip >= feed_limit(f) - r->next)
		return false;
	*out = entry_at(f, r->next + skip)->event;
	return true;
}

bool feed_next(struct feed_reader *r, struct feed_event *out)
{
	r->woken = false;
	if (!feed_peek(r, 0, out))
		return false;
	r->next++;
	if (r->next == r->mailbox->feed.base + 1)
		feed_trim(r->mailbox);
	return true;
}

/* One reader that has news and does not know yet. */
static struct feed_reader *feed_sleeper(struct mailbox *m)
{
	LIST_EACH(it, &m->feed.readers)
	{
		struct feed_reader *r = CONTAINER_OF(it, struct feed_reader, link);

		if (!r->woken && r->next < feed_limit(&m->feed))
			return r;
	}
	return NULL;
}

static void wake(struct feed_reader *r)
{
	SERVING(r->mailbox->account->id);

	if (r->wake)
		r->wake(r);
}

/* A callback may end any reader and close any mailbox, so nothing is held across it. */
void feed_wake_all(struct store *s)
{
	while (!list_empty(&s->wake)) {
		struct mailbox *m = CONTAINER_OF(s->wake.next, struct mailbox, wake);
		struct feed_reader *r = feed_sleeper(m);

		if (!r) {
			list_remove(&m->wake);
			continue;
		}
		r->woken = true;
		wake(r);
	}
}

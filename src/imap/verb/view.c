/* Sequence numbers and uids of a session, as runs: see view_own.h. Looks into the mailbox only for rows. */
#include "base/memory.h"
#include "imap/verb/view_own.h"

/* ── Birth and end ── */

static void woken(struct feed_reader *r)
{
	struct view *v = CONTAINER_OF(r, struct view, feed);

	v->wake(v->ctx);
}

/* As uids ascend, a stretch of rows has no gap exactly when its ends are as far apart as its length says: runs are found by
 * doubling and halving, without looking at each row. */
static size_t run_length(const struct mailbox *m, size_t from, size_t count)
{
	uint32_t uid = mailbox_uid_at(m, from);
	size_t good = 1, bad, step = 1;

	while (from + good + step <= count && mailbox_uid_at(m, from + good + step - 1) - uid == good + step - 1) {
		good += step;
		step *= 2;
	}
	bad = good + step < count - from + 1 ? good + step : count - from + 1;
	while (bad - good > 1) {
		size_t mid = good + (bad - good) / 2;

		if (mailbox_uid_at(m, from + mid - 1) - uid == mid - 1)
			good = mid;
		else
			bad = mid;
	}
	return good;
}

struct view *view_new(struct mailbox *m, bool read_only, const void *author, void (*wake)(void *ctx), void *ctx)
{
	struct view *v = NEW(struct view);
	size_t count = mailbox_count(m);

	v->mailbox = m;
	v->author = author;
	v->wake = wake;
	v->ctx = ctx;
	v->read_only = read_only;
	feed_begin(&v->feed, m, woken);
	for (size_t at = 0; at < count;) {
		size_t n = run_length(m, at, count);

		view_append(v, mailbox_uid_at(m, at), (uint32_t)n);
		at += n;
	}
	view_claim_recent(v, 1, count ? mailbox_uid_at(m, count - 1) : 0);
	return v;
}

void view_free(struct view *v)
{
	if (!v)
		return;
	feed_end(&v->feed);
	mailbox_close(v->mailbox);
	free(v->runs);
	free(v->recent);
	free(v->saved.at);
	free(v);
}

struct mailbox *view_mailbox(const struct view *v)
{
	return v->mailbox;
}

uint64_t view_mailbox_id(const struct view *v)
{
	return mailbox_id(v->mailbox);
}

bool view_read_only(const struct view *v)
{
	return v->read_only;
}

/* ── Runs ── */

void view_append(struct view *v, uint32_t uid, uint32_t n)
{
	struct run *last = v->run_count ? &v->runs[v->run_count - 1] : NULL;

	if (last && last->uid + last->n == uid) {
		last->n += n;
	} else {
		if (v->run_count == v->run_room) {
			v->run_room = v->run_room ? v->run_room * 2 : 4;
			v->runs = memory_resize_array(v->runs, v->run_room, sizeof(*v->runs));
		}
		v->runs[v->run_count++] = (struct run){v->count + 1, uid, n};
	}
	v->count += n;
}

/* Rebuilds the runs without `gone`, in one pass. */
void view_drop(struct view *v, const struct sequence_range *gone, size_t n)
{
	struct run *old = v->runs;
	size_t old_count = v->run_count, g = 0;

	v->runs = NULL;
	v->run_count = v->run_room = v->count = 0;
	for (size_t i = 0; i < old_count; i++) {
		uint64_t uid = old[i].uid, end = uid + old[i].n;

		while (uid < end) {
			uint64_t stop;

			while (g < n && gone[g].last < uid)
				g++;
			stop = g < n && gone[g].first < end ? gone[g].first : end;
			if (stop > uid)
				view_append(v, (uint32_t)uid, (uint32_t)(stop - uid));
			uid = stop < end ? (uint64_t)gone[g].last + 1 : end;
		}
	}
	free(old);
}

/* The run that holds the first message with a uid >= `uid`; run_count when none. */
static size_t run_from_uid(const struct view *v, uint32_t uid)
{
	size_t low = 0, high = v->run_count;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (v->runs[mid].uid + (v->runs[mid].n - 1) < uid)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static const struct run *run_of_seq(const struct view *v, uint32_t seq)
{
	size_t low = 0, high = v->run_count;

	while (high - low > 1) {
		size_t mid = low + (high - low) / 2;

		if (v->runs[mid].seq <= seq)
			low = mid;
		else
			high = mid;
	}
	return &v->runs[low];
}

uint32_t view_count(const struct view *v)
{
	return v->count;
}

uint32_t view_uid(const struct view *v, uint32_t seq)
{
	const struct run *r = run_of_seq(v, seq);

	return r->uid + (seq - r->seq);
}

uint32_t view_seq_from(const struct view *v, uint32_t uid)
{
	size_t i = run_from_uid(v, uid);

	if (i == v->run_count)
		return v->count + 1;
	return v->runs[i].uid >= uid ? v->runs[i].seq : v->runs[i].seq + (uid - v->runs[i].uid);
}

uint32_t view_seq(const struct view *v, uint32_t uid)
{
	uint32_t seq = view_seq_from(v, uid);

	return seq <= v->count && view_uid(v, seq) == uid ? seq : 0;
}

bool view_message(const struct view *v, uint32_t seq, struct message *out)
{
	uint32_t uid = view_uid(v, seq);

	/* Where nothing is untold yet rows and sequence numbers are the same, so no search is needed. */
	if (seq <= mailbox_count(v->mailbox) && mailbox_uid_at(v->mailbox, seq - 1) == uid) {
		mailbox_at(v->mailbox, seq - 1, out);
		return true;
	}
	return mailbox_message(v->mailbox, uid, out);
}

/* ── Sets ── */

static bool resolve_range(const struct view *v, struct sequence_range r, bool uid, struct seq_range *out)
{
	if (uid) {
		out->first = view_seq_from(v, r.first);
		out->last = r.last == UINT32_MAX ? v->count : view_seq_from(v, r.last + 1) - 1;
	} else {
		out->first = r.first;
		out->last = r.last;
	}
	return out->first <= out->last;
}

void view_save(struct view *v, const struct sequence_range *uids, size_t n)
{
	free(v->saved.at);
	v->saved = (struct sequence_set){.n = n};
	if (!n)
		return;
	v->saved.at = memory_resize_array(NULL, n, sizeof(*uids));
	memcpy(v->saved.at, uids, n * sizeof(*uids));
	sequence_set_resolve(&v->saved, 0);
}

struct sequence_set view_saved(const struct view *v)
{
	return v->saved;
}

enum fail view_resolve(const struct view *v, struct sequence_set *set, bool uid, struct arena *arena,
	struct seq_range **out, size_t *n_out)
{
	struct seq_range *ranges, r;
	struct sequence_set kept;
	size_t n = 0;

	if (set->saved) {
		kept = v->saved;
		set = &kept;
		uid = true;
	} else if (!uid && sequence_set_max(set) > v->count &&
		   (v->count || set->n != 1 || set->at[0].last != SEQUENCE_STAR))
		return FAIL_SYNTAX;
	if (set != &kept)
		sequence_set_resolve(set, uid && v->count ? view_uid(v, v->count) : v->count);
	ranges = arena_alloc(arena, (set->n ? set->n : 1) * sizeof(*ranges));
	if (!ranges)
		return FAIL_TOO_BIG;
	for (size_t i = 0; i < set->n; i++) {
		if (!resolve_range(v, set->at[i], uid, &r))
			continue;
		if (n && ranges[n - 1].last + 1 >= r.first)
			ranges[n - 1].last = r.last;
		else
			ranges[n++] = r;
	}
	*out = ranges;
	*n_out = n;
	return FAIL_NONE;
}

/* The accounts directory on its way to the log: each change is one durable record in two copies; compaction when what was superseded outweighs.
 *
 * INV-A5: what stands before the newest "anew" counts no more: so the old segments go once it is durable, and not before.
 * INV-A7: every change stands in the log twice. */
#include "auth/directory_inner.h"

enum {
	SEALED_MAX = 8,
	COMPACT_BYTES = 64 << 10,
	COMPACT_FACTOR = 4,
	SEGMENTS_MAX = 256,
	SECTOR = 512,
	ROOM = 256 << 10, /* with less a disk is full */
};

struct waiting {
	struct log_commit commit;
	enum log_result result;
};

static void committed(struct log_commit *c, enum log_result result)
{
	CONTAINER_OF(c, struct waiting, commit)->result = result;
}

static enum fail commit(struct directory *d, struct why *w)
{
	struct waiting wait = {.commit.done = committed, .result = LOG_UNKNOWN};

	log_commit(d->log, &wait.commit); /* without a loop: done before it returns */
	return wait.result == LOG_DONE
		       ? FAIL_NONE
		       : why_log(w, FAIL_IO, "The change could not be saved.",
				 "the accounts directory could not be written: look at the disk, then start again");
}

static bool is_full(const struct directory *d)
{
	uint64_t left;

	return !d->disk->ops->space(d->disk, &left, NULL) && left < ROOM;
}

static enum fail nothing_changed(bool full, struct why *w)
{
	if (full)
		return why(w, FAIL_DISK_FULL,
			"the server's disk is full, and nothing is changed: make room, then try again");
	return why(w, FAIL_IO,
		"the change could not be saved, and nothing is changed: look at the server's disk, then try again");
}

/* A log that broke and could not be opened anew at once: before the next change. */
static enum fail ready(struct directory *d, struct why *w)
{
	if (d->log && !log_broken(d->log))
		return FAIL_NONE;
	return directory_reopen(d, NULL) ? nothing_changed(is_full(d), w) : FAIL_NONE;
}

/* What has been appended, unless that failed, becomes durable; or it is undone. */
static enum fail settle(struct directory *d, enum fail f, struct why *w)
{
	bool full;

	if (!f)
		f = commit(d, w);
	if (!f || !log_broken(d->log))
		return f;
	full = is_full(d); /* before the opening makes room */
	if (!directory_reopen(d, NULL))
		return nothing_changed(full, w);
	return why(w, FAIL_UNKNOWN,
		"the change could not be saved, yet the next start may find it: look at the server's disk, then make "
		"it again");
}

/* The next change, once. */
static enum fail append_copy(struct directory *d, enum directory_record kind, const struct buf *record, struct why *w)
{
	char head[32];
	struct buf change = {head, 0, sizeof head, sizeof head, false};
	struct span parts[2];
	struct log_pos pos;

	change_record_put(d->next_change++, kind, &change);
	parts[0] = buf_span(&change);
	parts[1] = buf_span(record);
	return log_append(d->log, RECORD_CHANGE, parts, 2, &pos, w);
}

/* Twice: whatever bit or sector may turn bad, it is not in both. */
static enum fail append_twice(struct directory *d, enum directory_record kind, const struct buf *record, struct why *w)
{
	static const char zeros[SECTOR];
	struct span filler = span(zeros, sizeof zeros);
	uint64_t number = d->next_change;
	struct log_pos pos;
	enum fail f = append_copy(d, kind, record, w);

	if (!f)
		f = log_append(d->log, RECORD_FILLER, &filler, 1, &pos, w);
	d->next_change = number;
	if (!f)
		f = append_copy(d, kind, record, w);
	if (f)
		d->next_change = number; /* it was not used: the log is broken, or nothing was appended */
	return f;
}

struct appending { /* how a change is appended */
	enum fail (*append)(struct directory *d, enum directory_record kind, const struct buf *record, struct why *w);
};
static const struct appending copy = {append_copy}, twice = {append_twice};

static enum fail append_row(
	struct directory *d, const struct account_row *row, const struct appending *how, struct why *w)
{
	struct buf b;
	enum fail f;

	buf_init(&b, DIRECTORY_RECORD_MAX);
	account_record_put(row, &b);
	f = how->append(d, RECORD_ACCOUNT, &b, w);
	buf_fini(&b);
	return f;
}

static enum fail append_departed(
	struct directory *d, const struct departed_account *a, const struct appending *how, struct why *w)
{
	struct buf b;
	enum fail f;

	buf_init(&b, DIRECTORY_RECORD_MAX);
	departed_record_put(a, &b);
	f = how->append(d, RECORD_DEPARTED, &b, w);
	buf_fini(&b);
	return f;
}

static enum fail append_number(
	struct directory *d, enum directory_record kind, uint64_t number, const struct appending *how, struct why *w)
{
	struct buf b;
	enum fail f;

	buf_init(&b, DIRECTORY_RECORD_MAX);
	number_record_put(number, &b);
	f = how->append(d, kind, &b, w);
	buf_fini(&b);
	return f;
}

enum fail directory_write_row(struct directory *d, const struct account_row *row, struct why *w)
{
	enum fail f = ready(d, w);

	return f ? f : settle(d, append_row(d, row, &twice, w), w);
}

enum fail directory_write_departed(struct directory *d, const struct departed_account *a, struct why *w)
{
	enum fail f = ready(d, w);

	return f ? f : settle(d, append_departed(d, a, &twice, w), w);
}

enum fail directory_write_removed(struct directory *d, uint64_t id, struct why *w)
{
	enum fail f = ready(d, w);

	return f ? f : settle(d, append_number(d, RECORD_REMOVED, id, &twice, w), w);
}

/* Everything again behind what is there, all of it once and then once more, as one group: all of it counts or nothing. */
enum fail directory_write_anew(struct directory *d, struct why *w)
{
	uint64_t first = d->next_change;
	enum fail f = FAIL_NONE;

	for (int pass = 0; pass < 2 && !f; pass++) {
		d->next_change = first;
		f = append_number(d, RECORD_ANEW, d->next_id, &copy, w);
		for (size_t i = 0; i < d->n && !f; i++)
			f = append_row(d, d->rows[i], &copy, w);
		for (size_t i = 0; i < d->departed_n && !f; i++)
			f = append_departed(d, &d->departed[i], &copy, w);
	}
	return f ? f : commit(d, w);
}

/* Once that is durable the old segments go; what comes back of them after a crash stands before the "anew". */
static enum fail compact(struct directory *d, const struct log_segment_info *old, size_t count, struct why *w)
{
	enum fail f = directory_write_anew(d, w);

	for (size_t i = 0; i < count && !f; i++)
		if (old[i].sealed)
			f = log_remove_segment(d->log, old[i].number, w);
	return f;
}

enum fail directory_compact_if_heavy(struct directory *d, struct why *w)
{
	struct log_segment_info segments[SEGMENTS_MAX];
	size_t n = log_segments(d->log, segments, SEGMENTS_MAX), sealed = 0;
	uint64_t bytes = 0;

	n = n < SEGMENTS_MAX ? n : SEGMENTS_MAX;
	for (size_t i = 0; i < n; i++) {
		sealed += segments[i].sealed;
		bytes += segments[i].sealed ? segments[i].bytes : 0;
	}
	if (sealed <= SEALED_MAX && bytes <= COMPACT_BYTES + COMPACT_FACTOR * d->live_bytes)
		return FAIL_NONE;
	return compact(d, segments, n, w);
}

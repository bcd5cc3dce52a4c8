/* The walk through a segment: a sliding window over the file, and the search for the next record after bad bytes. */
#include "log/walk.h"

enum { WINDOW_STEP = 1 << 20, WINDOW_MAX = LOG_RECORD_MAX + 2 * WINDOW_STEP };

void walk_begin(
	struct walk *w, struct disk_file *file, uint32_t segment, uint64_t generation, uint64_t at, uint64_t end)
{
	uint64_t size = file->ops->size(file);

	*w = (struct walk){.file = file, .segment = segment, .generation = generation};
	w->end = end < size ? end : size;
	if (w->end > UINT32_MAX)
		w->end = UINT32_MAX; /* no position lies further */
	w->next = (at + RECORD_ALIGN - 1) & ~(uint64_t)(RECORD_ALIGN - 1);
	w->at = w->next;
	buf_init(&w->window, WINDOW_MAX);
}

void walk_end(struct walk *w)
{
	buf_fini(&w->window);
}

/* Makes the window hold `n` bytes from `at` on; *p_out is NULL when the file ends before. */
static enum fail look(struct walk *w, uint64_t at, size_t n, const char **p_out, struct why *why)
{
	size_t keep = 0, want, got = 0;
	enum fail fail;
	char *dst;

	*p_out = NULL;
	if (at > w->end || n > w->end - at)
		return FAIL_NONE;
	if (at >= w->window_at && at + n <= w->window_at + w->window.n) {
		*p_out = w->window.p + (at - w->window_at);
		return FAIL_NONE;
	}
	if (at >= w->window_at && at < w->window_at + w->window.n)
		keep = (size_t)(w->window_at + w->window.n - at);
	buf_consume(&w->window, w->window.n - keep);
	w->window_at = at;
	want = n - keep > WINDOW_STEP ? n - keep : WINDOW_STEP;
	if (want > w->end - at - keep)
		want = (size_t)(w->end - at - keep);
	dst = buf_reserve(&w->window, want);
	if (!dst)
		return FAIL_TOO_BIG;
	fail = w->file->ops->read(w->file, dst, want, at + keep, &got, why);
	if (fail)
		return fail;
	buf_commit(&w->window, got);
	if (w->window.n >= n)
		*p_out = w->window.p;
	return FAIL_NONE;
}

static enum fail newer(const struct walk *w, struct why *why_out)
{
	return why(why_out, FAIL_CONFIG,
		"The mail log holds records of format %u, this Barid knows up to %d: start the newer version again.",
		w->header.version, FORMAT_VERSION);
}

/* Whether a record's header stands at `at`. */
static enum fail header_at(struct walk *w, uint64_t at, bool *is_out, struct why *why)
{
	const char *p;
	enum fail fail = look(w, at, RECORD_HEADER_SIZE, &p, why);

	*is_out = false;
	if (fail || !p)
		return fail;
	*is_out = record_header_get(p, w->generation, (struct log_pos){w->segment, (uint32_t)at}, &w->header);
	if (*is_out && w->header.length > LOG_RECORD_MAX)
		*is_out = false;
	return FAIL_NONE;
}

/* Sets w->next to the next place after w->at that holds a record's header, or to the end. */
static enum fail resync(struct walk *w, struct why *why)
{
	uint64_t at = w->at + RECORD_ALIGN;
	const char *p;
	enum fail fail;
	bool is = false;

	for (; at + RECORD_HEADER_SIZE <= w->end; at += RECORD_ALIGN) {
		fail = look(w, at, RECORD_HEADER_SIZE, &p, why);
		if (fail)
			return fail;
		if (!p)
			break;
		if (!record_magic_at(p))
			continue;
		fail = header_at(w, at, &is, why);
		if (fail)
			return fail;
		if (is)
			break;
	}
	w->next = is ? at : w->end;
	return FAIL_NONE;
}

static enum fail step_record(struct walk *w, enum walk_item *item_out, struct why *why)
{
	uint64_t size = record_size(w->header.length);
	enum fail fail;
	const char *p;

	if (w->header.version > FORMAT_VERSION)
		return newer(w, why);
	if (size > w->end - w->at) { /* cut short: what is left belongs to this record alone */
		w->next = w->end;
		*item_out = WALK_GAP;
		return FAIL_NONE;
	}
	fail = look(w, w->at, (size_t)size, &p, why);
	if (fail)
		return fail;
	w->next = w->at + size;
	if (!p) { /* the file shrank under us */
		w->next = w->end;
		*item_out = WALK_GAP;
		return FAIL_NONE;
	}
	w->payload = span(p + RECORD_HEADER_SIZE, w->header.length);
	*item_out = record_payload_sum(&w->payload, 1) == w->header.payload_sum ? WALK_RECORD : WALK_BAD_PAYLOAD;
	return FAIL_NONE;
}

enum fail walk_step(struct walk *w, enum walk_item *item_out, struct why *why)
{
	enum fail fail;
	bool is;

	w->at = w->next;
	w->payload = span(NULL, 0);
	if (w->at >= w->end) {
		*item_out = WALK_END;
		return FAIL_NONE;
	}
	fail = header_at(w, w->at, &is, why);
	if (fail)
		return fail;
	if (is)
		return step_record(w, item_out, why);
	*item_out = WALK_GAP;
	return resync(w, why);
}

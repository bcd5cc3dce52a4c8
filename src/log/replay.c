/* The second half of recovery: tells what recover.c found to be live, in order, and the rot between. A segment that is complete and has a
 * good footer need not be read for what its footer holds; and what is bad in its place is told from there. */
#include "log/footer.h"
#include "log/recover.h"
#include "log/walk.h"

enum { TAIL = 512 /* a segment end and what may follow it */ };

/* One segment on its way to the owner. */
struct teller {
	const struct log_replay *replay;
	struct recover_segment *it;
	uint64_t from;
	bool ended;                  /* the segment's end was seen */
	bool footer_named;           /* and it names a footer: */
	struct buf footer;           /* its payload, when it is whole */
	struct footer_reader copies; /* nothing, or what is left of the footer while the segment is gone through */
};

static struct log_pos pos_in(const struct teller *t, uint64_t offset)
{
	return (struct log_pos){t->it->segment->number, (uint32_t)offset};
}

static void tell_rot(const struct log_replay *replay, struct log_pos pos, const char *what)
{
	if (replay && replay->rot)
		replay->rot(replay->context, pos, what);
}

static enum fail tell_record(
	const struct teller *t, uint64_t offset, uint8_t type, struct span payload, struct why *why)
{
	if (!t->replay || !t->replay->record)
		return FAIL_NONE;
	return t->replay->record(t->replay->context, pos_in(t, offset), type, payload, why);
}

/* ── The footer ── */

static enum fail read_at(struct teller *t, uint64_t at, void *dst, size_t n, bool *all_out, struct why *why)
{
	struct disk_file *file = t->it->segment->file;
	size_t got = 0;
	enum fail fail = file->ops->read(file, dst, n, at, &got, why);

	*all_out = got == n;
	return fail;
}

/* Looks for a segment end that names a footer: only ends of groups may stand between it and the end of what is live. */
static enum fail find_segment_end(struct teller *t, uint32_t *footer_out, uint64_t *end_out, struct why *why)
{
	uint64_t live_to = t->it->live_to & ~(uint64_t)(RECORD_ALIGN - 1);
	uint64_t from = live_to > SEGMENT_START + TAIL ? live_to - TAIL : SEGMENT_START;
	struct record_header h;
	char tail[TAIL];
	bool all;
	enum fail fail;

	if (live_to < SEGMENT_START + SEGMENT_END_SIZE)
		return FAIL_NONE;
	fail = read_at(t, from, tail, (size_t)(live_to - from), &all, why);
	if (fail || !all)
		return fail;
	for (uint64_t at = live_to - SEGMENT_END_SIZE + RECORD_ALIGN; at > from && !t->footer_named;) {
		const char *p = tail + ((at -= RECORD_ALIGN) - from);
		struct span payload = span(p + RECORD_HEADER_SIZE, SEGMENT_END_PAYLOAD);

		t->footer_named = record_header_get(p, t->it->header.generation, pos_in(t, at), &h) &&
				  h.type == RECORD_SEGMENT_END && h.length == SEGMENT_END_PAYLOAD &&
				  record_payload_sum(&payload, 1) == h.payload_sum &&
				  segment_end_get(payload, footer_out);
		*end_out = at;
	}
	return FAIL_NONE;
}

/* The footer's payload into t->footer; whole_out is false when it is not what the segment end promises. */
static enum fail read_footer(struct teller *t, uint32_t at, uint64_t end, bool *whole_out, struct why *why)
{
	char header[RECORD_HEADER_SIZE], *dst;
	struct record_header h;
	struct span payload;
	bool all;
	enum fail fail;

	*whole_out = false;
	if (at < SEGMENT_START || at % RECORD_ALIGN || at + RECORD_HEADER_SIZE > end)
		return FAIL_NONE;
	fail = read_at(t, at, header, sizeof header, &all, why);
	if (fail || !all || !record_header_get(header, t->it->header.generation, pos_in(t, at), &h) ||
		h.type != RECORD_FOOTER || h.length > LOG_RECORD_MAX || at + record_size(h.length) != end)
		return fail;
	dst = buf_reserve(&t->footer, h.length);
	fail = dst ? read_at(t, at + RECORD_HEADER_SIZE, dst, h.length, &all, why) : FAIL_NONE;
	if (fail || !dst || !all)
		return fail;
	buf_commit(&t->footer, h.length);
	payload = buf_span(&t->footer);
	*whole_out = record_payload_sum(&payload, 1) == h.payload_sum && footer_open(payload, at, &t->copies);
	return FAIL_NONE;
}

/* `whole_out`: t->copies holds what the footer has from t->from on. */
static enum fail load_footer(struct teller *t, bool *whole_out, struct why *why)
{
	uint32_t at = 0;
	uint64_t end = 0;
	enum fail fail = find_segment_end(t, &at, &end, why);

	*whole_out = false;
	if (!fail && t->footer_named)
		fail = read_footer(t, at, end, whole_out, why);
	while (!fail && t->copies.has && t->copies.at.offset < t->from)
		footer_step(&t->copies);
	return fail;
}

static enum fail tell_footer(struct teller *t, struct why *why)
{
	enum fail fail = FAIL_NONE;

	for (; !fail && t->copies.has; footer_step(&t->copies))
		fail = tell_record(t, t->copies.at.offset, t->copies.at.type, t->copies.at.payload, why);
	return fail;
}

/* ── Record by record ── */

/* Tells the copies of what should stand before `offset` and does not, as far as it is bad. */
static enum fail tell_copies(struct teller *t, uint64_t offset, size_t *told_out, struct why *why)
{
	enum fail fail = FAIL_NONE;

	*told_out = 0;
	for (; !fail && t->copies.has && t->copies.at.offset < offset; footer_step(&t->copies), ++*told_out)
		fail = tell_record(t, t->copies.at.offset, t->copies.at.type, t->copies.at.payload, why);
	return fail;
}

static enum fail tell_bad(struct teller *t, const struct walk *w, enum walk_item item, struct why *why)
{
	bool gap = item == WALK_GAP, footer = !gap && w->header.type == RECORD_FOOTER;
	size_t copies;
	enum fail fail = tell_copies(t, w->next, &copies, why);

	if (copies)
		tell_rot(t->replay, walk_pos(w),
			gap ? "no record can be read here: the segment's footer has copies, which are taken"
			    : "a record's payload does not match its checksum: its copy in the segment's footer is "
			      "taken");
	else if (footer)
		tell_rot(t->replay, walk_pos(w), "the segment's footer is bad; what it copies is there");
	else
		tell_rot(t->replay, walk_pos(w),
			gap ? "no record can be read here" : "a record's payload does not match its checksum");
	return fail;
}

/* What the footer has of a record that is whole must be the same. */
static void compare_copy(struct teller *t, const struct walk *w)
{
	const struct footer_reader *r = &t->copies;
	bool here = r->has && r->at.offset == w->at;

	if (!footer_holds(r->types, w->header.type) && !here)
		return;
	if (!here || r->at.type != w->header.type || !span_eq(r->at.payload, w->payload))
		tell_rot(t->replay, walk_pos(w),
			"the segment's footer says something else of this record, which is whole");
	if (here)
		footer_step(&t->copies);
}

static enum fail tell_item(struct teller *t, const struct walk *w, enum walk_item item, struct why *why)
{
	if (item == WALK_END)
		return FAIL_NONE;
	if (item != WALK_RECORD)
		return tell_bad(t, w, item, why);
	if (w->header.type == RECORD_SEGMENT_END)
		t->ended = true;
	if (w->header.type >= RECORD_OWN_TYPES)
		return FAIL_NONE;
	compare_copy(t, w);
	return tell_record(t, w->at, w->header.type, w->payload, why);
}

static enum fail tell_records(struct teller *t, struct why *why)
{
	enum walk_item item = WALK_GAP;
	struct walk w;
	enum fail fail = FAIL_NONE;

	walk_begin(&w, t->it->segment->file, t->it->segment->number, t->it->header.generation, t->from, t->it->live_to);
	while (!fail && !(fail = walk_step(&w, &item, why)) && item != WALK_END)
		fail = tell_item(t, &w, item, why);
	if (!fail && (t->it->whole ? !t->ended && t->from < t->it->live_to : w.end < t->it->live_to))
		tell_rot(t->replay, walk_pos(&w), "the end of the segment is missing");
	walk_end(&w);
	return fail;
}

static enum fail replay_segment(struct recovery *r, struct recover_segment *it, const struct log_settings *settings,
	uint64_t from, const struct log_replay *replay, struct why *why)
{
	struct teller t = {.replay = replay, .it = it, .from = from};
	bool whole = false;
	enum fail fail = segment_use(r->segments, it->segment, why);

	if (fail)
		return fail;
	buf_init(&t.footer, LOG_RECORD_MAX);
	if (settings->footer_types)
		fail = load_footer(&t, &whole, why);
	if (!fail && whole && !settings->every_byte && !(settings->footer_types & ~t.copies.types))
		fail = tell_footer(&t, why);
	else if (!fail)
		fail = tell_records(&t, why);
	buf_fini(&t.footer);
	segment_unuse(r->segments, it->segment);
	return fail;
}

enum fail recover_replay_possible(const struct recovery *r, struct log_pos from, struct why *w)
{
	if (log_pos_cmp(from, r->end) <= 0)
		return FAIL_NONE;
	return why(w, FAIL_CORRUPT, "The mail log in %s ends before the place that is already known from it.",
		r->segments->dir);
}

enum fail recover_replay(struct recovery *r, const struct log_settings *settings, struct log_pos from,
	const struct log_replay *replay, struct why *w)
{
	for (size_t i = 0; i < r->count; i++) {
		struct recover_segment *it = &r->each[i];
		uint64_t begin = it->segment->number == from.segment ? from.offset : SEGMENT_START;
		enum fail fail;

		if (it->segment->number < from.segment)
			continue;
		if (it->header_bad && (it->whole || it->live_to > 0))
			tell_rot(replay, (struct log_pos){it->segment->number, 0},
				"the segment's header cannot be read");
		if (!it->known)
			continue;
		fail = replay_segment(r, it, settings, begin < SEGMENT_START ? SEGMENT_START : begin, replay, w);
		if (fail)
			return fail;
	}
	return FAIL_NONE;
}

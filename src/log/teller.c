/* The way of a segment's live records to whoever asks. The footer is believed when its checksum holds; `every_byte` believes nothing that it has
 * not compared. */
#include "log/teller.h"

enum { TAIL = 512 /* a segment end and what may follow it */ };

static struct log_pos pos_in(const struct teller *t, uint64_t offset)
{
	return (struct log_pos){t->segment->number, (uint32_t)offset};
}

void teller_rot(const struct log_replay *replay, struct log_pos pos, const char *what)
{
	if (replay && replay->rot)
		replay->rot(replay->context, pos, what);
}

/* ── The footer ── */

static enum fail read_at(struct teller *t, uint64_t at, void *dst, size_t n, bool *all_out, struct why *why)
{
	struct disk_file *file = t->segment->file;
	size_t got = 0;
	enum fail fail = file->ops->read(file, dst, n, at, &got, why);

	*all_out = got == n;
	return fail;
}

/* Looks for a segment end that names a footer: only ends of groups may stand between it and the end of what is live. */
static enum fail find_segment_end(struct teller *t, uint32_t *footer_out, uint64_t *end_out, struct why *why)
{
	uint64_t live_to = t->segment->live_to & ~(uint64_t)(RECORD_ALIGN - 1);
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

		t->footer_named = record_header_get(p, t->segment->generation, pos_in(t, at), &h) &&
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
	if (fail || !all || !record_header_get(header, t->segment->generation, pos_in(t, at), &h) ||
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

/* ── Record by record ── */

static void tell_copy(struct teller *t, struct told *out)
{
	*out = (struct told){true, pos_in(t, t->copies.at.offset), t->copies.at.type, t->copies.at.payload};
	footer_step(&t->copies);
}

static bool copy_before(const struct teller *t, uint64_t offset)
{
	return t->copies.has && t->copies.at.offset < offset;
}

/* What is bad from here to the next item: the copies of it are told next. */
static void meet_bad(struct teller *t, enum walk_item item)
{
	const struct walk *w = &t->walk;
	bool gap = item == WALK_GAP;
	const char *what;

	t->bad_to = w->next;
	if (copy_before(t, w->next))
		what = gap ? "no record can be read here: the segment's footer has copies, which are taken"
			   : "a record's payload does not match its checksum: its copy in the segment's footer is "
			     "taken";
	else if (!gap && w->header.type == RECORD_FOOTER)
		what = "the segment's footer is bad; what it copies is there";
	else
		what = gap ? "no record can be read here" : "a record's payload does not match its checksum";
	teller_rot(t->replay, walk_pos(w), what);
}

/* What the footer has of a record that is whole must be the same. */
static void compare_copy(struct teller *t)
{
	const struct footer_reader *r = &t->copies;
	const struct walk *w = &t->walk;
	bool here = r->has && r->at.offset == w->at;

	if (!footer_holds(r->types, w->header.type) && !here)
		return;
	if (!here || r->at.type != w->header.type || !span_eq(r->at.payload, w->payload))
		teller_rot(t->replay, walk_pos(w),
			"the segment's footer says something else of this record, which is whole");
	if (here)
		footer_step(&t->copies);
}

/* The record that the walk stands at; false when it is of no concern to the owner. */
static bool tell_record(struct teller *t, struct told *out)
{
	const struct walk *w = &t->walk;

	if (w->header.type == RECORD_SEGMENT_END)
		t->ended = true;
	if (w->header.type >= RECORD_OWN_TYPES)
		return false;
	compare_copy(t);
	*out = (struct told){true, walk_pos(w), w->header.type, w->payload};
	return true;
}

static void meet_end(const struct teller *t)
{
	const struct segment *s = t->segment;

	if (s->whole ? !t->ended && t->from < s->live_to : t->walk.end < s->live_to)
		teller_rot(t->replay, walk_pos(&t->walk), "the end of the segment is missing");
}

static enum fail next_of_walk(struct teller *t, struct told *out, struct why *why)
{
	enum walk_item item;
	enum fail fail;

	for (;;) {
		if (copy_before(t, t->bad_to)) {
			tell_copy(t, out);
			return FAIL_NONE;
		}
		fail = walk_step(&t->walk, &item, why);
		if (fail)
			return fail;
		if (item == WALK_END) {
			meet_end(t);
			return FAIL_NONE;
		}
		if (item != WALK_RECORD)
			meet_bad(t, item);
		else if (tell_record(t, out))
			return FAIL_NONE;
	}
}

enum fail teller_next(struct teller *t, struct told *out, struct why *why)
{
	*out = (struct told){0};
	if (t->walking)
		return next_of_walk(t, out, why);
	if (t->copies.has)
		tell_copy(t, out);
	return FAIL_NONE;
}

enum fail teller_begin(struct teller *t, struct segment *segment, uint64_t from, uint64_t footer_types, bool every_byte,
	const struct log_replay *replay, struct why *why)
{
	bool whole = false;
	enum fail fail = FAIL_NONE;

	*t = (struct teller){.segment = segment, .replay = replay, .from = from};
	buf_init(&t->footer, LOG_RECORD_MAX);
	if (footer_types)
		fail = load_footer(t, &whole, why);
	if (fail || (whole && !every_byte && !(footer_types & ~t->copies.types)))
		return fail;
	t->walking = true;
	walk_begin(&t->walk, segment->file, segment->number, segment->generation, from, segment->live_to);
	return FAIL_NONE;
}

void teller_end(struct teller *t)
{
	if (t->walking)
		walk_end(&t->walk);
	buf_fini(&t->footer);
}

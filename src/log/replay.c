/* The second half of recovery: tells what recover.c found to be live, in order, and the rot between. */
#include "log/recover.h"
#include "log/teller.h"

static enum fail replay_segment(struct recovery *r, struct segment *segment, const struct log_settings *settings,
	uint64_t from, const struct log_replay *replay, struct why *why)
{
	struct teller t;
	struct told told;
	enum fail fail = segment_use(r->segments, segment, why);

	if (fail)
		return fail;
	fail = teller_begin(&t, segment, from, settings->footer_types, settings->every_byte, replay, why);
	while (!fail && !(fail = teller_next(&t, &told, why)) && told.is)
		if (replay && replay->record)
			fail = replay->record(replay->context, told.pos, told.type, told.payload, why);
	teller_end(&t);
	segment_unuse(r->segments, segment);
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
		if (it->header_bad && (it->segment->whole || it->segment->live_to > 0))
			teller_rot(replay, (struct log_pos){it->segment->number, 0},
				"the segment's header cannot be read");
		if (!it->known)
			continue;
		fail = replay_segment(
			r, it->segment, settings, begin < SEGMENT_START ? SEGMENT_START : begin, replay, w);
		if (fail)
			return fail;
	}
	return FAIL_NONE;
}

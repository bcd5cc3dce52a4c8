/* The second half of recovery: tells what recover.c found to be live, in order, and the rot between. */
#include "log/recover.h"
#include "log/walk.h"

struct teller {
	const struct log_replay *replay;
	bool ended; /* the segment's last record was seen */
};

static void tell_rot(const struct log_replay *replay, struct log_pos pos, const char *what)
{
	if (replay && replay->rot)
		replay->rot(replay->context, pos, what);
}

static enum fail tell_item(struct teller *t, const struct walk *w, enum walk_item item, struct why *why)
{
	switch (item) {
	case WALK_BAD_PAYLOAD:
		tell_rot(t->replay, walk_pos(w), "a record's payload does not match its checksum");
		break;
	case WALK_GAP: tell_rot(t->replay, walk_pos(w), "no record can be read here"); break;
	case WALK_RECORD:
		if (w->header.type == RECORD_SEGMENT_END)
			t->ended = true;
		if (w->header.type < RECORD_OWN_TYPES && t->replay && t->replay->record)
			return t->replay->record(t->replay->context, walk_pos(w), w->header.type, w->payload, why);
		break;
	case WALK_END: break;
	}
	return FAIL_NONE;
}

static enum fail replay_segment(
	struct recovery *r, struct recover_segment *it, uint64_t from, const struct log_replay *replay, struct why *why)
{
	struct teller t = {.replay = replay};
	enum walk_item item = WALK_GAP;
	struct walk w;
	enum fail fail = segment_use(r->segments, it->segment, why);

	if (fail)
		return fail;
	walk_begin(&w, it->segment->file, it->segment->number, it->header.generation, from, it->live_to);
	while (!fail && !(fail = walk_step(&w, &item, why)) && item != WALK_END)
		fail = tell_item(&t, &w, item, why);
	if (!fail && (it->whole ? !t.ended && from < it->live_to : w.end < it->live_to))
		tell_rot(replay, walk_pos(&w), "the end of the segment is missing");
	walk_end(&w);
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

enum fail recover_replay(struct recovery *r, struct log_pos from, const struct log_replay *replay, struct why *w)
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
		fail = replay_segment(r, it, begin < SEGMENT_START ? SEGMENT_START : begin, replay, w);
		if (fail)
			return fail;
	}
	return FAIL_NONE;
}

/* Going through a segment again, after the log was opened. */
#include "base/memory.h"
#include "log/inner.h"
#include "log/teller.h"

struct log_cursor {
	struct log *log;
	struct teller teller;
};

enum fail log_cursor_open(struct log *log, uint32_t number, struct log_cursor **out, struct why *w)
{
	struct segment *segment = segment_find(&log->segments, number);
	struct log_cursor *c;
	enum fail fail;

	if (!segment || !segment->generation || !segment->live_to)
		return why(w, FAIL_NOT_FOUND, "Segment %u of the mail log cannot be read.", (unsigned)number);
	fail = segment_use(&log->segments, segment, w);
	if (fail)
		return fail;
	c = NEW(struct log_cursor);
	c->log = log;
	fail = teller_begin(&c->teller, segment, SEGMENT_START, log->footer_types, false, NULL, w);
	if (fail) {
		log_cursor_close(c);
		return fail;
	}
	*out = c;
	return FAIL_NONE;
}

enum fail log_cursor_next(struct log_cursor *c, bool *more_out, struct log_pos *pos_out, uint8_t *type_out,
	struct span *payload_out, struct why *w)
{
	struct told told;
	enum fail fail = teller_next(&c->teller, &told, w);

	if (fail)
		return fail;
	*more_out = told.is;
	if (told.is) {
		*pos_out = told.pos;
		*type_out = told.type;
		*payload_out = told.payload;
	}
	return FAIL_NONE;
}

void log_cursor_close(struct log_cursor *c)
{
	if (!c)
		return;
	teller_end(&c->teller);
	segment_unuse(&c->log->segments, c->teller.segment);
	free(c);
}

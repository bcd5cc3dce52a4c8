/* The collector of commands: see the diagram in reader.h. */
#include "imap/wire/reader.h"

#include "imap/wire/args.h"

enum phase { LINE, LITERAL, WHOLE, ASKED, MESSAGE, MORE, DROP, TAIL, SKIP, SKIP_LITERAL };

enum { REFUSED_KEPT = 256 /* of a command that is too big: enough for its tag and word */ };

void reader_init(struct reader *r, struct reader_budget budget)
{
	*r = (struct reader){.budget = budget, .unasked_max = UINT64_MAX};
	buf_init(&r->bytes, budget.line + budget.literals + 64);
	buf_init(&r->more, budget.line);
}

void reader_fini(struct reader *r)
{
	buf_fini(&r->bytes);
	buf_fini(&r->more);
}

struct span reader_command(const struct reader *r)
{
	return buf_span(&r->bytes);
}

void reader_next(struct reader *r, bool keep)
{
	struct reader_budget budget = r->budget;
	uint64_t unasked_max = r->unasked_max;
	bool messages = r->messages;
	struct buf bytes = r->bytes, more = r->more;

	*r = (struct reader){
		.budget = budget, .messages = messages, .unasked_max = unasked_max, .bytes = bytes, .more = more};
	buf_reset(&r->bytes);
	buf_fini(&r->more);
	if (!keep)
		buf_fini(&r->bytes);
}

bool reader_busy(const struct reader *r)
{
	return r->phase != LINE || r->bytes.n > 0;
}

void reader_expect_line(struct reader *r)
{
	r->plain = true;
}

/* ── Lines ── */

/* Cuts up to and including the first LF off *in. False: there is none, everything was cut. */
static bool cut_line(struct span *in, struct span *out)
{
	size_t at = span_find_byte(*in, '\n');
	size_t n = at == SIZE_MAX ? in->n : at + 1;

	*out = span_first(*in, n);
	*in = span_skip(*in, n);
	return at != SIZE_MAX;
}

static struct span without_line_end(struct span line)
{
	if (line.n && line.p[line.n - 1] == '\n')
		line.n--;
	if (line.n && line.p[line.n - 1] == '\r')
		line.n--;
	return line;
}

/* "{n}" or "{n+}" at the end of a line. */
static bool ends_in_literal(struct span line, uint64_t *size_out, bool *sync_out)
{
	size_t open = line.n;
	struct span digits;

	if (!span_ends(line, SPAN("}")))
		return false;
	while (open > 0 && line.p[open - 1] != '{' && line.n - open < 24)
		open--;
	if (open == 0 || line.p[open - 1] != '{')
		return false;
	digits = span(line.p + open, line.n - open - 1);
	*sync_out = !span_ends(digits, SPAN("+"));
	return span_u64(*sync_out ? digits : span_first(digits, digits.n - 1), size_out);
}

/* The last bytes of a line whose content is dropped. */
static void tail_add(struct reader *r, struct span s)
{
	size_t keep;

	if (s.n > READER_TAIL)
		s = span_skip(s, s.n - READER_TAIL);
	keep = READER_TAIL - s.n < r->tail_n ? READER_TAIL - s.n : r->tail_n;
	memmove(r->tail, r->tail + (r->tail_n - keep), keep);
	if (s.n)
		memcpy(r->tail + keep, s.p, s.n);
	r->tail_n = keep + s.n;
}

/* ── Refusing ── */

/* Of what is refused its beginning is kept, for the tag: the same, however it came. */
static void keep_beginning(struct reader *r, struct span more)
{
	size_t keep = REFUSED_KEPT < r->budget.line ? REFUSED_KEPT : r->budget.line;

	if (r->bytes.n < keep)
		buf_add(&r->bytes, span_first(more, keep - r->bytes.n));
	buf_truncate(&r->bytes, keep);
}

static void refuse_line(struct reader *r, struct span more)
{
	tail_add(r, span_skip(buf_span(&r->bytes), r->line_start));
	tail_add(r, more);
	keep_beginning(r, more);
	r->phase = SKIP;
}

static enum reader_event refused(struct reader *r)
{
	r->phase = WHOLE;
	return r->after_message ? READER_ENDED : READER_REFUSED;
}

/* The end of a line that is dropped: what hangs on it? */
static enum reader_event skipped_line_end(struct reader *r)
{
	uint64_t size;
	bool sync;

	if (r->plain || !ends_in_literal(without_line_end(span(r->tail, r->tail_n)), &size, &sync) || sync)
		return refused(r);
	r->tail_n = 0;
	r->left = size;
	r->phase = SKIP_LITERAL;
	return READER_NEED;
}

static enum reader_event take_skip(struct reader *r, struct span *in)
{
	struct span part;
	bool whole = cut_line(in, &part);

	if (without_line_end(part).n)
		r->tail_used = true;
	tail_add(r, part);
	return whole ? skipped_line_end(r) : READER_NEED;
}

/* ── Literals ── */

/* Is the literal at the end of what has come the message of APPEND, and not a literal before it (its mailbox's name)? */
static bool is_message(const struct reader *r)
{
	struct arena arena;
	struct args a;
	struct span word;
	bool is;

	arena_init(&arena, READER_LINE_MAX * 2);
	args_init(&a, buf_span(&r->bytes), &arena);
	is = args_astring(&a, &word) && args_sp(&a) && args_atom(&a, &word) && span_eq_nocase(word, SPAN("APPEND")) &&
	     args_sp(&a) && args_astring(&a, &word) && args_sp(&a);
	arena_fini(&arena);
	return is;
}

static enum reader_event literal_begin(struct reader *r, struct span line_end, uint64_t size, bool sync)
{
	r->sync = sync;
	r->left = size;
	if (!sync && size > r->unasked_max) {
		keep_beginning(r, SPAN(""));
		r->phase = SKIP_LITERAL;
		return READER_NEED;
	}
	if (r->messages && is_message(r)) {
		r->phase = ASKED;
		return READER_MESSAGE;
	}
	if (size > r->budget.literals || r->literals_used > r->budget.literals - (size_t)size) {
		keep_beginning(r, SPAN(""));
		if (sync)
			return refused(r);
		r->phase = SKIP_LITERAL;
		return READER_NEED;
	}
	buf_add(&r->bytes, line_end);
	r->literals_used += (size_t)size;
	r->phase = LITERAL;
	return sync ? READER_CONTINUE : READER_NEED;
}

static enum reader_event line_end(struct reader *r)
{
	/* Only what came since the last literal: its bytes may look like anything. */
	struct span with_end = span_skip(buf_span(&r->bytes), r->line_start), line = without_line_end(with_end);
	struct span end = with_end.n - line.n == 2 ? SPAN("\r\n") : SPAN("\n"); /* copied: the buffer may move */
	uint64_t size;
	bool sync;

	buf_truncate(&r->bytes, r->line_start + line.n);
	if (!r->plain && ends_in_literal(line, &size, &sync))
		return literal_begin(r, end, size, sync);
	r->phase = WHOLE;
	return READER_COMMAND;
}

static enum reader_event take_line(struct reader *r, struct span *in)
{
	struct span part;
	bool whole;

	if (in->n == 0)
		return READER_NEED;
	whole = cut_line(in, &part);
	if (part.n > r->budget.line - r->line_used) {
		refuse_line(r, part);
		return whole ? skipped_line_end(r) : READER_NEED;
	}
	r->line_used += part.n;
	buf_add(&r->bytes, part);
	return whole ? line_end(r) : READER_NEED;
}

static enum reader_event take_literal(struct reader *r, struct span *in)
{
	struct span part = span_first(*in, r->left < SIZE_MAX ? (size_t)r->left : SIZE_MAX);

	buf_add(&r->bytes, part);
	*in = span_skip(*in, part.n);
	r->left -= part.n;
	if (r->left == 0) {
		r->phase = LINE;
		r->line_start = r->bytes.n;
	}
	return READER_NEED;
}

/* Literals whose bytes nobody wants. */
static enum reader_event take_drop(struct reader *r, struct span *in, enum phase then)
{
	struct span part = span_first(*in, r->left < SIZE_MAX ? (size_t)r->left : SIZE_MAX);

	*in = span_skip(*in, part.n);
	r->left -= part.n;
	if (r->left == 0)
		r->phase = then;
	return READER_NEED;
}

static enum reader_event take_message(struct reader *r, struct span in, struct span *piece_out)
{
	if (in.n == 0)
		return READER_NEED;
	*piece_out = span_first(in, r->left < SIZE_MAX ? (size_t)r->left : SIZE_MAX);
	return READER_BYTES;
}

/* The line behind a message: its end, or what comes before the next one. */
static enum reader_event take_more(struct reader *r, struct span *in)
{
	struct span part, line;
	bool whole = cut_line(in, &part);

	if (buf_add(&r->more, part)) {
		r->tail_used = true;
		tail_add(r, buf_span(&r->more));
		tail_add(r, part);
		r->phase = SKIP;
		return whole ? skipped_line_end(r) : READER_NEED;
	}
	if (!whole)
		return READER_NEED;
	line = without_line_end(buf_span(&r->more));
	buf_truncate(&r->more, line.n);
	r->tail_used = line.n > 0;
	if (ends_in_literal(line, &r->left, &r->sync)) {
		if (!r->sync && r->left > r->unasked_max) {
			r->phase = SKIP_LITERAL;
			return READER_NEED;
		}
		r->phase = ASKED;
		return READER_MESSAGE;
	}
	r->phase = WHOLE;
	return READER_ENDED;
}

static enum reader_event take_once(struct reader *r, struct span *in, struct span *piece_out)
{
	switch ((enum phase)r->phase) {
	case LINE: return take_line(r, in);
	case LITERAL: return take_literal(r, in);
	case MESSAGE: return take_message(r, *in, piece_out);
	case MORE: return take_more(r, in);
	case DROP: return take_drop(r, in, TAIL);
	case SKIP_LITERAL: return take_drop(r, in, SKIP);
	case TAIL:
	case SKIP: return take_skip(r, in);
	case WHOLE:
	case ASKED: break;
	}
	return READER_NEED;
}

enum reader_event reader_take(struct reader *r, struct span *in, struct span *piece_out)
{
	enum reader_event event;
	int before;

	/* A literal of no bytes changes the phase without taking anything. */
	do {
		before = r->phase;
		event = take_once(r, in, piece_out);
	} while (event == READER_NEED && (in->n > 0 || r->phase != before) && r->phase != WHOLE && r->phase != ASKED);
	return event;
}

/* ── The message of APPEND ── */

static void message_phase(struct reader *r, enum phase phase, enum phase then)
{
	r->phase = r->left ? phase : then;
	r->after_message = true;
	buf_reset(&r->more);
	r->tail_used = false;
	r->tail_n = 0;
}

bool reader_message_accept(struct reader *r)
{
	message_phase(r, MESSAGE, MORE);
	return r->sync;
}

bool reader_message_refuse(struct reader *r)
{
	if (r->sync)
		return true;
	message_phase(r, DROP, TAIL);
	return false;
}

void reader_message_took(struct reader *r, struct span *in, size_t n)
{
	*in = span_skip(*in, n);
	r->left -= n;
	if (r->left == 0)
		r->phase = MORE;
}

uint64_t reader_message_left(const struct reader *r)
{
	return r->phase == MESSAGE || r->phase == ASKED ? r->left : 0;
}

struct span reader_more(const struct reader *r)
{
	return buf_span(&r->more);
}

bool reader_tail_is(const struct reader *r, struct span tail)
{
	return tail.n ? span_eq(buf_span(&r->more), tail) : !r->tail_used;
}

/* Measuring surrogates: only headers are read, and no message twice in a session. */
#include "pop3/verb/shown.h"

#include "base/memory.h"
#include "conf/settings.h"
#include "pop3/verb/session_state.h"

enum { A_TURN = 8, STRUCTURE_MAX = MIME_STRUCTURE_MAX, ARENA_MAX = 512 << 10 };

struct pop3_shown *pop3_shown_new(const struct pop3_session *s)
{
	struct span how = span_of(s->start.settings->utf8_downgrade);
	struct pop3_shown *x;

	if (s->note.utf8 || span_eq(how, SPAN("no")))
		return NULL;
	x = NEW(struct pop3_shown);
	x->refuse = span_eq(how, SPAN("refuse"));
	x->marks = memory_new(s->drop.count);
	buf_init(&x->structure, STRUCTURE_MAX);
	buf_init(&x->out, MIME_SURROGATE_OUT_MAX);
	return x;
}

void pop3_shown_free(struct pop3_shown *x)
{
	if (!x)
		return;
	mime_surrogate_fini(&x->surrogate);
	buf_fini(&x->structure);
	buf_fini(&x->out);
	free(x->marks);
	free(x);
}

void pop3_with_sizes(struct pop3_session *s, uint32_t first, uint32_t last, void (*then)(struct pop3_session *s))
{
	if (!s->shown) {
		then(s);
		return;
	}
	s->shown->next = first;
	s->shown->last = last;
	s->shown->then = then;
	s->phase = POP3_MEASURING;
}

bool pop3_is_changed(const struct pop3_session *s, uint32_t number)
{
	return s->shown && s->shown->marks[number - 1] & SHOWN_CHANGED;
}

/* ── One message ── */

enum fail pop3_surrogate_begin(struct pop3_session *s, const struct message *msg)
{
	struct pop3_shown *x = s->shown;
	const struct mime_structure *structure;
	struct arena arena;
	enum fail f = FAIL_NONE;

	if (x->structure.n == 0)
		f = message_structure(s->drop.account, msg, &x->structure, &s->wait);
	if (f)
		return f;
	arena_init(&arena, ARENA_MAX);
	f = mime_structure_open(buf_span(&x->structure), &arena, &structure);
	if (!f) {
		mime_surrogate_begin(&x->surrogate, structure, msg->prefix);
		x->begun = true;
		x->size = 0;
	}
	arena_fini(&arena);
	buf_fini(&x->structure);
	return f;
}

void pop3_surrogate_end(struct pop3_session *s)
{
	struct pop3_shown *x = s->shown;

	mime_surrogate_fini(&x->surrogate);
	buf_fini(&x->structure);
	buf_fini(&x->out);
	buf_fini(&s->piece);
	x->begun = false;
}

static void measured(struct pop3_session *s, uint64_t size)
{
	struct pop3_shown *x = s->shown;

	x->marks[x->next - 1] |= SHOWN_MEASURED | (x->begun && x->surrogate.changed ? SHOWN_CHANGED : 0);
	if (!x->refuse)
		maildrop_set_size(&s->drop, x->next, size);
	pop3_surrogate_end(s);
	x->next++;
}

void pop3_measure_failed(struct pop3_session *s)
{
	s->shown->surrogate.changed = false;
	measured(s, s->shown->of.size);
}

/* What is in no header counts without being read. */
static enum fail measure(struct pop3_session *s)
{
	struct pop3_shown *x = s->shown;
	struct mime_surrogate *u = &x->surrogate;
	enum fail f = x->begun ? FAIL_NONE : pop3_surrogate_begin(s, &x->of);

	while (!f && u->at < x->of.size) {
		uint64_t left = x->of.size - u->at, plain = mime_surrogate_plain(u);

		if (plain) {
			plain = plain < left ? plain : left;
			mime_surrogate_pass(u, plain);
			x->size += plain;
			continue;
		}
		if (s->piece.n == 0)
			f = message_read(s->drop.account, &x->of, u->at, mime_surrogate_header(u, MIME_SURROGATE_PIECE),
				&s->piece, &s->wait);
		if (f || s->piece.n == 0)
			break;
		mime_surrogate_feed(u, buf_span(&s->piece), &x->out);
		x->size += x->out.n;
		buf_reset(&x->out);
		buf_fini(&s->piece);
	}
	if (f)
		return f;
	mime_surrogate_end(u, &x->out);
	measured(s, x->size + x->out.n);
	return FAIL_NONE;
}

/* ── Many ── */

void pop3_measure_step(struct pop3_session *s)
{
	struct pop3_shown *x = s->shown;
	enum fail f;

	for (int n = 0; n < A_TURN; n++) {
		while (x->next <= x->last &&
			(x->marks[x->next - 1] & SHOWN_MEASURED || !maildrop_message(&s->drop, x->next, &x->of)))
			x->next++;
		if (x->next > x->last) {
			s->phase = POP3_COMMAND;
			x->then(s);
			return;
		}
		f = measure(s);
		s->waiting = f == FAIL_BUSY;
		if (s->waiting)
			return;
		if (f)
			pop3_measure_failed(s);
	}
}

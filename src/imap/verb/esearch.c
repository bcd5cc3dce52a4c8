/* ESEARCH. Two walks over what was found: one counts, the other tells the numbers; neither holds them, but for SAVE as ranges. RFC 4731 §3. */
#include "imap/verb/esearch.h"

#include "imap/verb/session.h"
#include "imap/wire/print.h"

enum { SAVED_MAX = 64 << 20 };

/* ── Arguments ── */

static const struct {
	struct span word;
	unsigned bit;
	enum capability capability;
} options[] = {
	{{"MIN", 3}, RETURN_MIN, CAPABILITY_ESEARCH},
	{{"MAX", 3}, RETURN_MAX, CAPABILITY_ESEARCH},
	{{"ALL", 3}, RETURN_ALL, CAPABILITY_ESEARCH},
	{{"COUNT", 5}, RETURN_COUNT, CAPABILITY_ESEARCH},
	{{"SAVE", 4}, RETURN_SAVE, CAPABILITY_SEARCHRES},
	{{"PARTIAL", 7}, RETURN_PARTIAL, CAPABILITY_PARTIAL},
};

/* 1:500, or -1:-500 from the end. */
static bool take_partial(struct args *a, struct search_return *out)
{
	uint32_t from, to;
	bool from_end = args_if(a, '-');

	if (!args_nz_number(a, &from) || !args_char(a, ':') || args_if(a, '-') != from_end || !args_nz_number(a, &to))
		return args_wrong(a, "a range such as 1:500 or -1:-500 is expected");
	out->from_end = from_end;
	out->from = from < to ? from : to;
	out->to = from < to ? to : from;
	return true;
}

static bool take_option(struct args *a, struct search_return *out)
{
	for (size_t i = 0; i < ARRAY_LEN(options); i++) {
		if (!capability_on(a->capabilities, options[i].capability) || !args_if_word(a, options[i].word))
			continue;
		out->what |= options[i].bit;
		return options[i].bit != RETURN_PARTIAL || (args_sp(a) && take_partial(a, out));
	}
	return args_wrong(a, "a result option is expected: MIN, MAX, ALL, COUNT, SAVE or PARTIAL");
}

bool search_return_take(struct args *a, struct search_return *out)
{
	*out = (struct search_return){.given = false};
	if (!capability_on(a->capabilities, CAPABILITY_ESEARCH) || !args_if_word(a, SPAN("RETURN")))
		return true;
	out->given = true;
	if (!args_sp(a) || !args_open(a))
		return false;
	while (args_peek(a) != ')') {
		if (!take_option(a, out))
			return false;
		(void)args_if(a, ' ');
	}
	if (!out->what) /* "()" */
		out->what = RETURN_ALL;
	if (out->what & RETURN_ALL && out->what & RETURN_PARTIAL) /* RFC 9394 §3.1 */
		return args_wrong(a, "ALL and PARTIAL exclude each other");
	return args_close(a) && args_sp(a);
}

/* ── The answer ── */

void esearch_init(struct esearch *e, const struct search_return *is,
	bool (*next)(const void *source, uint32_t *at, uint32_t *seq_out), const void *source)
{
	*e = (struct esearch){.is = is, .next = next, .source = source};
	buf_init(&e->saved, SAVED_MAX);
}

void esearch_fini(struct esearch *e)
{
	buf_fini(&e->saved);
}

static void save(struct esearch *e, uint32_t uid)
{
	struct sequence_range *last =
		e->saved.n ? (struct sequence_range *)(void *)(e->saved.p + e->saved.n - sizeof(*last)) : NULL;
	struct sequence_range one = {uid, uid};

	if (last && last->last + 1 == uid)
		last->last = uid;
	else
		buf_add(&e->saved, span((const char *)&one, sizeof(one)));
}

/* Whether "$" becomes all that was found, and not only what MIN, MAX and PARTIAL tell: RFC 5182 §2.4, 9394 §3.2. */
static bool saves_all(const struct search_return *is)
{
	return is->what & RETURN_SAVE && (is->what == RETURN_SAVE || is->what & (RETURN_ALL | RETURN_COUNT));
}

static bool saves_some(const struct search_return *is)
{
	return is->what & RETURN_SAVE && !saves_all(is);
}

static enum step count(struct command *c, struct esearch *e)
{
	const struct view *view = c->session->view;
	uint32_t seq;

	while (e->next(e->source, &e->at, &seq)) {
		uint32_t uid = view_uid(view, seq), number = c->uid ? uid : seq;

		if (!e->count++) {
			e->min = number;
			e->min_uid = uid;
		}
		e->max = number;
		e->max_uid = uid;
		if (saves_all(e->is))
			save(e, uid);
		if (e->count % 256 == 0 && command_slice_over(c))
			return STEP_AGAIN;
	}
	e->phase = ESEARCH_HEAD;
	e->at = 0;
	return STEP_AGAIN;
}

static bool tells_numbers(const struct esearch *e)
{
	return (e->is->what & RETURN_ALL && e->count) || e->is->what & RETURN_PARTIAL;
}

static enum step head(struct command *c, struct esearch *e)
{
	struct buf *out = command_out(c);
	unsigned what = e->is->what;

	if (!command_has_room(c))
		return STEP_WAIT_OUTPUT;
	if (what == RETURN_SAVE) { /* RFC 5182 §2.1: nothing is told */
		e->phase = ESEARCH_END;
		return STEP_AGAIN;
	}
	buf_add_lit(out, "* ESEARCH (TAG ");
	print_string(out, c->tag);
	buf_addf(out, ")%s", c->uid ? " UID" : "");
	if (what & RETURN_MIN && e->count)
		buf_addf(out, " MIN %u", e->min);
	if (what & RETURN_MAX && e->count)
		buf_addf(out, " MAX %u", e->max);
	if (what & RETURN_COUNT)
		buf_addf(out, " COUNT %u", e->count);
	if (what & RETURN_PARTIAL)
		buf_addf(out, e->is->from_end ? " PARTIAL (-%u:-%u " : " PARTIAL (%u:%u ", e->is->from, e->is->to);
	else if (tells_numbers(e))
		buf_add_lit(out, " ALL ");
	e->phase = tells_numbers(e) ? ESEARCH_NUMBERS : ESEARCH_END;
	if (e->phase == ESEARCH_END)
		buf_add_lit(out, "\r\n");
	return STEP_AGAIN;
}

static void tell_run(struct command *c, struct esearch *e)
{
	struct buf *out = command_out(c);

	if (!e->first)
		return;
	buf_addf(out, e->any ? ",%u" : "%u", e->first);
	if (e->last != e->first)
		buf_addf(out, ":%u", e->last);
	e->any = true;
	e->first = 0;
}

static bool is_wanted(const struct esearch *e, uint32_t place)
{
	if (!(e->is->what & RETURN_PARTIAL))
		return true;
	if (e->is->from_end)
		place = e->count + 1 - place;
	return place >= e->is->from && place <= e->is->to;
}

static enum step numbers(struct command *c, struct esearch *e)
{
	const struct view *view = c->session->view;
	uint32_t seq;

	if (!command_has_room(c))
		return STEP_WAIT_OUTPUT;
	while (e->next(e->source, &e->at, &seq)) {
		uint32_t uid = view_uid(view, seq), number = c->uid ? uid : seq;

		if (is_wanted(e, ++e->index)) {
			if (!e->first || number != e->last + 1) {
				tell_run(c, e);
				e->first = number;
			}
			e->last = number;
			if (saves_some(e->is))
				save(e, uid);
		}
		if (e->index % 256 == 0)
			return STEP_AGAIN;
	}
	tell_run(c, e);
	if (e->is->what & RETURN_PARTIAL)
		buf_add(command_out(c), e->any ? SPAN(")") : SPAN("NIL)"));
	buf_add_lit(command_out(c), "\r\n");
	e->phase = ESEARCH_END;
	return STEP_AGAIN;
}

static void save_result(struct command *c, struct esearch *e)
{
	if (!(e->is->what & RETURN_SAVE))
		return;
	if (e->count && saves_some(e->is)) {
		if (e->is->what & RETURN_MIN)
			save(e, e->min_uid);
		if (e->is->what & RETURN_MAX)
			save(e, e->max_uid);
	}
	view_save(c->session->view, (const struct sequence_range *)(const void *)e->saved.p,
		e->saved.n / sizeof(struct sequence_range));
}

enum step esearch_step(struct command *c, struct esearch *e)
{
	switch (e->phase) {
	case ESEARCH_COUNT: return count(c, e);
	case ESEARCH_HEAD: return head(c, e);
	case ESEARCH_NUMBERS: return numbers(c, e);
	case ESEARCH_END: break;
	}
	if (e->saved.over) {
		(void)command_fail(c, FAIL_LIMIT, "The result is too long to be saved");
		return STEP_FAIL;
	}
	save_result(c, e);
	return STEP_DONE;
}

/* SEARCH and UID SEARCH: RFC 3501 §6.4.4, §7.2.5; RETURN: esearch.h. Finds first, then tells. Never queues the whole answer. */
#include "imap/verb/esearch.h"
#include "imap/verb/search_scan.h"
#include "imap/verb/session.h"

struct search {
	struct search_scan scan;
	struct search_return is;
	struct esearch esearch;
	bool telling, told_head;
	uint32_t seq; /* the next to be told */
};

static bool next_found(const void *source, uint32_t *at, uint32_t *seq_out)
{
	const struct search_scan *scan = source;

	while (++*at <= scan->count) {
		if (!search_scan_found(scan, *at))
			continue;
		*seq_out = *at;
		return true;
	}
	return false;
}

static enum fail search_verb_begin(struct command *c)
{
	struct search *s = arena_alloc(&c->arena, sizeof(*s));
	enum fail f;

	if (!s)
		return command_fail(c, FAIL_LIMIT, "the command is too long");
	if (!search_return_take(&c->args, &s->is))
		return command_syntax(c);
	f = search_scan_begin(c, &s->scan, false);
	if (f && f != FAIL_SYNTAX && s->is.what & RETURN_SAVE)
		view_save(c->session->view, NULL, 0); /* RFC 5182 §2.1: of a failed search nothing is saved */
	if (f)
		return f;
	s->seq = 1;
	esearch_init(&s->esearch, &s->is, next_found, &s->scan);
	c->state = s;
	return FAIL_NONE;
}

static void search_verb_end(struct command *c)
{
	struct search *s = c->state;

	if (!s)
		return;
	search_scan_end(&s->scan);
	esearch_fini(&s->esearch);
}

static enum step tell_on(struct command *c, struct search *s)
{
	struct view *view = c->session->view;
	struct buf *out = command_out(c);

	if (!command_has_room(c))
		return STEP_WAIT_OUTPUT;
	if (!s->told_head)
		buf_add_lit(out, "* SEARCH");
	s->told_head = true;
	for (; s->seq <= s->scan.count; s->seq++) {
		if (s->seq % 512 == 0 && !command_has_room(c))
			return STEP_WAIT_OUTPUT;
		if (search_scan_found(&s->scan, s->seq))
			buf_addf(out, " %u", c->uid ? view_uid(view, s->seq) : s->seq);
	}
	buf_add_lit(out, "\r\n");
	search_scan_say_unreadable(c, &s->scan);
	return STEP_DONE;
}

static enum step search_step(struct command *c)
{
	struct search *s = c->state;
	enum step step;

	if (s->telling && s->is.given) {
		search_scan_say_unreadable(c, &s->scan);
		return esearch_step(c, &s->esearch);
	}
	if (s->telling)
		return tell_on(c, s);
	step = search_scan_step(c, &s->scan);
	if (step != STEP_DONE)
		return step;
	s->telling = true;
	return STEP_AGAIN;
}

const struct verb_steps verb_search_steps = {search_verb_begin, search_step, search_verb_end};

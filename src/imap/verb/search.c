/* SEARCH and UID SEARCH: RFC 3501 §6.4.4, §7.2.5. Finds first, then tells. Never queues the whole answer. */
#include "imap/verb/search_scan.h"
#include "imap/verb/session.h"

struct search {
	struct search_scan scan;
	bool telling, told_head;
	uint32_t seq; /* the next to be told */
};

static enum fail search_verb_begin(struct command *c)
{
	struct search *s = arena_alloc(&c->arena, sizeof(*s));
	enum fail f;

	if (!s)
		return command_fail(c, FAIL_LIMIT, "the command is too long");
	f = search_scan_begin(c, &s->scan, false);
	if (f)
		return f;
	s->seq = 1;
	c->state = s;
	return FAIL_NONE;
}

static void search_verb_end(struct command *c)
{
	struct search *s = c->state;

	if (s)
		search_scan_end(&s->scan);
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

	if (s->telling)
		return tell_on(c, s);
	step = search_scan_step(c, &s->scan);
	if (step != STEP_DONE)
		return step;
	s->telling = true;
	return STEP_AGAIN;
}

const struct verb_steps verb_search_steps = {search_verb_begin, search_step, search_verb_end};

/* SEARCH and UID SEARCH: RFC 3501 §6.4.4, §7.2.5. Looks at the messages one by one in slices, remembers a bit for each, then tells.
 * Never lets a search hold up the other sessions of the shard, and never queues the whole answer. */
#include "imap/verb/search_message.h"

#include "imap/verb/command.h"
#include "imap/verb/session.h"

struct search {
	struct search_criteria criteria;
	struct search_message message;
	bool reading, telling, told_head;
	bool unreadable;     /* some message could not be read */
	uint8_t *found;      /* a bit for each sequence number */
	uint32_t seq, count; /* the message at hand */
};

static enum fail search_refused(struct command *c, enum fail f)
{
	if (f == FAIL_SYNTAX)
		return command_syntax(c);
	if (f == FAIL_CHARSET)
		command_code(c, "BADCHARSET (US-ASCII UTF-8)");
	return command_fail(c, f, "%s", c->why.text);
}

static enum fail search_verb_begin(struct command *c)
{
	struct view *view = c->session->view;
	struct search *s = arena_alloc(&c->arena, sizeof(*s));
	enum fail f;

	if (!s)
		return command_fail(c, FAIL_LIMIT, "the command is too long");
	f = search_parse(&c->args, &s->criteria, &c->why);
	if (f)
		return search_refused(c, f);
	f = command_may_selected(c, RIGHT_READ);
	if (f)
		return f;
	s->seq = 1;
	s->count = view_count(view);
	s->found = arena_alloc(&c->arena, s->count / 8 + 1);
	if (!s->found)
		return command_fail(c, FAIL_LIMIT, "too many messages");
	search_begin(&s->criteria, view_mailbox(view), s->count, s->count > 0 ? view_uid(view, s->count) : 0);
	search_message_init(&s->message, mailbox_account(view_mailbox(view)), &s->criteria);
	c->bears_failure = true;
	c->state = s;
	return FAIL_NONE;
}

static void search_verb_end(struct command *c)
{
	struct search *s = c->state;

	if (s)
		search_message_fini(&s->message);
}

static void message_done(struct search *s)
{
	if (search_message_matches(&s->message))
		s->found[s->seq / 8] |= (uint8_t)(1u << (s->seq % 8));
	s->unreadable |= s->message.unreadable;
	s->reading = false;
	s->seq++;
}

static enum step look_on(struct command *c, struct search *s)
{
	struct view *view = c->session->view;
	struct search_message *m = &s->message;

	for (; s->seq <= s->count; s->seq++) {
		if (s->seq % 64 == 0 && command_slice_over(c))
			return STEP_AGAIN;
		if (!view_message(view, s->seq, &m->message))
			continue;
		m->row.sequence = s->seq;
		m->row.recent = view_is_recent(view, m->message.uid);
		if (!search_message_begin(m)) {
			s->reading = true;
			c->stored = FAIL_NONE;
			return STEP_AGAIN;
		}
		if (search_message_matches(m))
			s->found[s->seq / 8] |= (uint8_t)(1u << (s->seq % 8));
	}
	s->telling = true;
	s->seq = 1;
	return STEP_AGAIN;
}

static enum step read_on(struct command *c, struct search *s)
{
	enum fail f;

	if (s->message.phase == SEARCHING_DONE) {
		message_done(s);
		return STEP_AGAIN;
	}
	f = search_message_step(&s->message, c->stored, &c->wait);
	if (f == FAIL_BUSY)
		return command_stored(c, f);
	c->stored = f;
	return STEP_AGAIN;
}

static enum step tell_on(struct command *c, struct search *s)
{
	struct view *view = c->session->view;
	struct buf *out = command_out(c);

	if (!s->told_head)
		buf_add_lit(out, "* SEARCH");
	s->told_head = true;
	for (; s->seq <= s->count; s->seq++) {
		if (s->seq % 512 == 0 && !command_has_room(c))
			return STEP_WAIT_OUTPUT;
		if (s->found[s->seq / 8] & (1u << (s->seq % 8)))
			buf_addf(out, " %u", c->uid ? view_uid(view, s->seq) : s->seq);
	}
	buf_add_lit(out, "\r\n");
	if (s->unreadable)
		c->text = SPAN("Search completed; some messages cannot be read and were passed over");
	return STEP_DONE;
}

static enum step search_step(struct command *c)
{
	struct search *s = c->state;
	enum step step = STEP_AGAIN;

	if (s->telling && !command_has_room(c))
		return STEP_WAIT_OUTPUT;
	while (step == STEP_AGAIN && !command_slice_over(c))
		step = s->telling ? tell_on(c, s) : s->reading ? read_on(c, s) : look_on(c, s);
	return step;
}

const struct verb_steps verb_search_steps = {search_verb_begin, search_step, search_verb_end};

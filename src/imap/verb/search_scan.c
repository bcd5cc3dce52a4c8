/* Looks at the messages of the view one by one: RFC 3501 §6.4.4. Never lets a search hold up the other sessions of the shard. */
#include "imap/verb/search_scan.h"

#include "imap/verb/session.h"

static enum fail refused(struct command *c, enum fail f)
{
	if (f == FAIL_SYNTAX)
		return command_syntax(c);
	if (f == FAIL_CHARSET)
		command_code(c, "BADCHARSET (US-ASCII UTF-8)");
	return command_fail(c, f, "%s", c->why.text);
}

enum fail search_scan_begin(struct command *c, struct search_scan *s, bool charset)
{
	struct view *view = c->session->view;
	enum fail f = search_parse(&c->args, charset, &s->criteria, &c->why);

	if (f)
		return refused(c, f);
	f = command_may_selected(c, RIGHT_READ);
	if (f)
		return f;
	s->seq = 1;
	s->block = UINT32_MAX;
	s->count = view_count(view);
	s->found = arena_alloc(&c->arena, s->count / 8 + 1);
	if (!s->found)
		return command_fail(c, FAIL_LIMIT, "too many messages");
	search_begin(&s->criteria, view_mailbox(view), s->count, s->count > 0 ? view_uid(view, s->count) : 0,
		view_saved(view));
	search_message_init(&s->message, view_mailbox(view), &s->criteria);
	c->bears_failure = true;
	return FAIL_NONE;
}

void search_scan_end(struct search_scan *s)
{
	search_message_fini(&s->message);
}

bool search_scan_found(const struct search_scan *s, uint32_t seq)
{
	return s->found[seq / 8] & (1u << (seq % 8));
}

static void note(struct search_scan *s)
{
	if (search_message_matches(&s->message))
		s->found[s->seq / 8] |= (uint8_t)(1u << (s->seq % 8));
}

/* At the first message of a block of columns: most blocks are ruled out as a whole. */
static bool enters_block(struct search_scan *s, uint32_t uid)
{
	uint32_t block = uid / COLUMN_BLOCK;

	if (block == s->block)
		return false;
	s->block = block;
	s->out = s->criteria.facts ? search_message_rule_out(&s->message, uid) : 0;
	return true;
}

static enum step look_on(struct command *c, struct search_scan *s)
{
	struct view *view = c->session->view;
	struct search_message *m = &s->message;

	for (; s->seq <= s->count; s->seq++) {
		uint32_t uid = view_uid(view, s->seq);

		if (enters_block(s, uid) && command_slice_over(c))
			return STEP_AGAIN;
		if (s->out >> (uid % COLUMN_BLOCK) & 1)
			continue;
		if (!view_message(view, s->seq, &m->message))
			continue;
		m->row.sequence = s->seq;
		m->row.recent = view_is_recent(view, m->message.uid);
		if (!search_message_begin(m)) {
			s->reading = true;
			c->stored = FAIL_NONE;
			return STEP_AGAIN;
		}
		note(s);
	}
	return STEP_DONE;
}

static enum step read_on(struct command *c, struct search_scan *s)
{
	enum fail f;

	if (s->message.phase == SEARCHING_DONE) {
		note(s);
		s->unreadable |= s->message.unreadable;
		s->reading = false;
		s->seq++;
		return STEP_AGAIN;
	}
	f = search_message_step(&s->message, c->stored, &c->wait);
	if (f == FAIL_BUSY)
		return command_stored(c, f);
	c->stored = f;
	return STEP_AGAIN;
}

enum step search_scan_step(struct command *c, struct search_scan *s)
{
	enum step step = STEP_AGAIN;

	while (step == STEP_AGAIN && !command_slice_over(c))
		step = s->reading ? read_on(c, s) : look_on(c, s);
	return step;
}

void search_scan_say_unreadable(struct command *c, const struct search_scan *s)
{
	if (s->unreadable)
		c->text = SPAN("Search completed; some messages cannot be read and were passed over");
}

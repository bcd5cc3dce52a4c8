/* THREAD and UID THREAD: RFC 5256 §3, §4.
 *
 *   FIND (search_scan) ─► READ (header_read, thread_tree_add) ─► MAKE (thread_tree_make, on a worker) ─► TELL */
#include "imap/verb/header_read.h"
#include "imap/verb/search_scan.h"
#include "imap/verb/session.h"
#include "imap/verb/sort_key.h"
#include "imap/verb/thread_tree.h"

enum { TELL_PIECE = 16 << 10 };

struct thread {
	struct search_scan scan;
	struct header_read header;
	struct thread_tree *tree;
	enum { THREAD_FIND, THREAD_READ, THREAD_MAKE, THREAD_TELL } phase;
	uint32_t seq;
	size_t told;
	bool told_head;
};

static bool take_algorithm(struct args *a, enum thread_by *out)
{
	if (args_if_word(a, SPAN("ORDEREDSUBJECT")))
		*out = THREAD_ORDEREDSUBJECT;
	else if (capability_on(a->capabilities, CAPABILITY_THREAD_REFERENCES) && args_if_word(a, SPAN("REFERENCES")))
		*out = THREAD_REFERENCES;
	else
		return args_wrong(a, "a threading algorithm is expected: ORDEREDSUBJECT or REFERENCES");
	return args_sp(a);
}

static enum fail thread_begin(struct command *c)
{
	struct thread *t = arena_alloc(&c->arena, sizeof(*t));
	enum thread_by by;
	enum fail f;

	if (!t)
		return command_fail(c, FAIL_LIMIT, "the command is too long");
	if (!take_algorithm(&c->args, &by))
		return command_syntax(c);
	f = search_scan_begin(c, &t->scan, true);
	if (f)
		return f;
	header_read_init(&t->header, c->session->account);
	t->tree = thread_tree_new(by);
	t->seq = 1;
	c->state = t;
	return FAIL_NONE;
}

static void drop_tree(void *data)
{
	thread_tree_free(data);
}

static void make_tree(void *data)
{
	thread_tree_make(data);
}

static void thread_end(struct command *c)
{
	struct thread *t = c->state;

	if (!t)
		return;
	search_scan_end(&t->scan);
	header_read_fini(&t->header);
	if (!command_works(c))
		thread_tree_free(t->tree);
}

static enum step find(struct command *c, struct thread *t)
{
	enum step step = search_scan_step(c, &t->scan);

	if (step != STEP_DONE)
		return step;
	t->phase = THREAD_READ;
	c->stored = FAIL_NONE;
	return STEP_AGAIN;
}

/* A message whose header cannot be read is a thread of its own. */
static enum fail add_message(struct command *c, struct thread *t)
{
	struct view *view = c->session->view;
	struct span header = span(NULL, 0);
	struct message m;
	enum fail f;

	if (!view_message(view, t->seq, &m))
		return FAIL_NONE;
	f = header_read_step(&t->header, &m, c->stored, &c->wait, &header);
	if (f == FAIL_BUSY)
		return f;
	t->scan.unreadable |= f != FAIL_NONE;
	return thread_tree_add(t->tree, c->uid ? view_uid(view, t->seq) : t->seq, sent_date(header, &m), header);
}

static enum step read_headers(struct command *c, struct thread *t)
{
	for (; t->seq <= t->scan.count; t->seq++) {
		enum fail f;

		if (!search_scan_found(&t->scan, t->seq))
			continue;
		if (command_slice_over(c))
			return STEP_AGAIN;
		f = add_message(c, t);
		if (f == FAIL_BUSY)
			return command_stored(c, f);
		c->stored = FAIL_NONE;
		if (f) {
			(void)command_fail(c, f, "There are too many messages to be threaded at once");
			return STEP_FAIL;
		}
	}
	t->phase = THREAD_MAKE;
	return STEP_AGAIN;
}

static enum step tell(struct command *c, struct thread *t)
{
	struct span left = span_skip(thread_tree_text(t->tree), t->told);
	struct buf *out = command_out(c);

	if (!command_has_room(c))
		return STEP_WAIT_OUTPUT;
	if (!t->told_head)
		buf_add_lit(out, "* THREAD");
	t->told_head = true;
	buf_add(out, span_first(left, TELL_PIECE));
	t->told += span_first(left, TELL_PIECE).n;
	if (left.n > TELL_PIECE)
		return STEP_AGAIN;
	buf_add_lit(out, "\r\n");
	search_scan_say_unreadable(c, &t->scan);
	return STEP_DONE;
}

static enum step thread_step(struct command *c)
{
	struct thread *t = c->state;

	switch (t->phase) {
	case THREAD_FIND: return find(c, t);
	case THREAD_READ: return read_headers(c, t);
	case THREAD_MAKE: t->phase = THREAD_TELL; return command_work(c, make_tree, drop_tree, t->tree);
	case THREAD_TELL: break;
	}
	return tell(c, t);
}

const struct verb_steps verb_thread_steps = {thread_begin, thread_step, thread_end};

/* THREAD and UID THREAD: RFC 5256 §3, §4.
 *
 *   READ (header_walk, thread_tree_add) ─► MAKE (thread_tree_make, on a worker) ─► TELL */
#include "imap/verb/header_walk.h"
#include "imap/verb/session.h"
#include "imap/verb/sort_key.h"
#include "imap/verb/thread_tree.h"

enum { TELL_PIECE = 16 << 10 };

struct thread {
	struct header_walk walk;
	struct thread_tree *tree;
	bool uid;
	enum { THREAD_READ, THREAD_MAKE, THREAD_TELL } phase;
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

static enum fail add_message(void *context, uint32_t seq, const struct message *m, const struct header_facts *facts)
{
	struct thread *t = context;

	return thread_tree_add(t->tree, t->uid ? m->uid : seq, sent_date(facts, m), facts);
}

static enum fail thread_begin(struct command *c)
{
	struct thread *t = arena_alloc(&c->arena, sizeof(*t));
	enum thread_by by = THREAD_ORDEREDSUBJECT;
	enum fail f;

	if (!t)
		return command_fail(c, FAIL_LIMIT, "the command is too long");
	if (!take_algorithm(&c->args, &by))
		return command_syntax(c);
	f = header_walk_begin(c, &t->walk, thread_facts(by));
	if (f)
		return f;
	t->walk.each = add_message;
	t->walk.context = t;
	t->uid = c->uid;
	t->tree = thread_tree_new(by);
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
	header_walk_end(&t->walk);
	if (!command_works(c))
		thread_tree_free(t->tree);
}

static enum step read_headers(struct command *c, struct thread *t)
{
	enum step step = header_walk_step(c, &t->walk);

	if (step != STEP_DONE)
		return step;
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
	search_scan_say_unreadable(c, &t->walk.scan);
	return STEP_DONE;
}

static enum step thread_step(struct command *c)
{
	struct thread *t = c->state;

	switch (t->phase) {
	case THREAD_READ: return read_headers(c, t);
	case THREAD_MAKE: t->phase = THREAD_TELL; return command_work(c, make_tree, drop_tree, t->tree);
	case THREAD_TELL: break;
	}
	return tell(c, t);
}

const struct verb_steps verb_thread_steps = {thread_begin, thread_step, thread_end};

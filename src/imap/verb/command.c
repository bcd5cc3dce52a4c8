/* What a verb may ask of the framework: command.h. */
#include "imap/verb/command.h"

#include <stdarg.h>

#include "base/clock.h"
#include "base/memory.h"
#include "imap/verb/run.h"
#include "imap/verb/session.h"
#include "imap/wire/print.h"
#include "store/feed.h"

enum { SLICE_US = 1000 };

/* ── Failing ── */

enum fail command_fail(struct command *c, enum fail f, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(c->why.text, sizeof c->why.text, fmt, ap);
	va_end(ap);
	c->failed = f;
	return f;
}

enum fail command_syntax(struct command *c)
{
	return command_fail(
		c, FAIL_SYNTAX, "%.*s: %s", SPAN_ARG(c->word), c->args.error ? c->args.error : "syntax error");
}

enum step step_fail(struct command *c, enum fail f)
{
	c->failed = f;
	if (!c->why.text[0] && c->wait.why.text[0])
		c->why = c->wait.why;
	return STEP_FAIL;
}

/* ── Answering ── */

void command_code(struct command *c, const char *fmt, ...)
{
	va_list ap;
	int n;
	char *dst;

	buf_reset(&c->code);
	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	dst = n >= 0 ? buf_reserve(&c->code, (size_t)n + 1) : NULL;
	if (!dst)
		return;
	va_start(ap, fmt);
	vsnprintf(dst, (size_t)n + 1, fmt, ap);
	va_end(ap);
	buf_commit(&c->code, (size_t)n);
}

struct buf *command_out(struct command *c)
{
	return &c->session->out;
}

bool command_has_room(const struct command *c)
{
	return c->session->out.n < stream_room(c->session->stream);
}

bool command_slice_over(const struct command *c)
{
	return clock_mono_us() - c->slice_began > SLICE_US;
}

enum step command_tell(struct command *c, bool expunges)
{
	struct imap_session *s = c->session;
	unsigned flags = (expunges ? VIEW_EXPUNGES : 0) | (c->uid ? VIEW_UIDS : 0);

	while (s->view && !s->view_gone) {
		enum view_told told;

		if (!command_has_room(c))
			return STEP_WAIT_OUTPUT;
		told = view_sync(s->view, &s->out, flags);
		if (told == VIEW_DELETED)
			s->view_gone = true;
		if (told == VIEW_ALL)
			break;
	}
	return STEP_AGAIN;
}

void command_continue(struct command *c, const char *text)
{
	buf_addf(command_out(c), "+ %s\r\n", text);
}

/* ── The store ── */

struct batch *command_batch(struct command *c)
{
	if (c->batch_done) {
		batch_free(c->batch);
		c->batch = NULL;
		c->batch_done = false;
	}
	if (!c->batch) {
		c->batch = batch_begin(c->session->account);
		batch_author(c->batch, c->session);
	}
	return c->batch;
}

enum step command_stored(struct command *c, enum fail f)
{
	c->stored = f;
	if (f == FAIL_BUSY)
		return STEP_WAIT_STORE;
	if (f && !c->bears_failure)
		return step_fail(c, f);
	return STEP_AGAIN;
}

enum step command_commit(struct command *c)
{
	if (!c->batch || c->batch_done)
		return command_stored(c, FAIL_NONE);
	c->committing = true;
	return command_stored(c, batch_commit(c->batch, &c->wait));
}

enum fail command_may(struct command *c, const struct mailbox_info *mailbox, enum right right)
{
	enum fail f = can(&c->session->user, c->session->account, mailbox, right);

	if (f == FAIL_NOT_FOUND)
		return command_fail(c, f, "There is no such mailbox");
	return f ? command_fail(c, f, "You have no right to do this") : FAIL_NONE;
}

enum fail command_may_selected(struct command *c, enum right right)
{
	struct imap_session *s = c->session;
	struct mailbox_info info;

	if (!s->view || account_mailbox_info(s->account, view_mailbox_id(s->view), &info)) {
		s->view_gone =
			s->view != NULL; /* a command that is refused here tells nothing, and so learns nothing else */
		return command_fail(c, FAIL_NOT_FOUND, "The mailbox has been deleted");
	}
	return command_may(c, &info, right);
}

enum fail command_find_mailbox(struct command *c, struct span name, enum fail missing, struct mailbox_info *out)
{
	struct buf normal;
	struct why unused;
	enum fail f;

	buf_init(&normal, MAILBOX_NAME_MAX * 4);
	f = mailbox_name_normal(name, &normal, &unused);
	if (!f)
		f = account_mailbox_find(c->session->account, buf_span(&normal), out);
	buf_fini(&normal);
	if (!f)
		f = can(&c->session->user, c->session->account, out, RIGHT_LOOKUP);
	return f ? command_fail(c, missing, "There is no such mailbox") : FAIL_NONE;
}

enum fail command_normal_name(struct command *c, struct span name, struct span *out)
{
	struct buf normal;
	enum fail f;

	buf_init(&normal, MAILBOX_NAME_MAX * 4);
	f = mailbox_name_normal(name, &normal, &c->why);
	if (!f)
		*out = arena_dup(&c->arena, buf_span(&normal));
	buf_fini(&normal);
	return f;
}

/* ── Long calculations ── */

struct command_work {
	struct job job;
	struct command *command; /* NULL: it has ended */
	void (*run)(void *data);
	void (*drop)(void *data);
	void *data;
};

static void work_runs(struct job *j)
{
	struct command_work *w = CONTAINER_OF(j, struct command_work, job);

	w->run(w->data);
}

static void work_done(struct job *j)
{
	struct command_work *w = CONTAINER_OF(j, struct command_work, job);
	struct command *c = w->command;

	if (c) {
		c->work = NULL;
		c->waits = WAIT_NOTHING;
		session_again(c->session);
	} else {
		w->drop(w->data);
	}
	free(w);
}

enum step command_work(struct command *c, void (*run)(void *data), void (*drop)(void *data), void *data)
{
	struct command_work *w = NEW(struct command_work);

	w->command = c;
	w->run = run;
	w->drop = drop;
	w->data = data;
	w->job.work = work_runs;
	w->job.done = work_done;
	c->work = w;
	c->stored = FAIL_NONE;
	job_start(&w->job, c->session->loop);
	return STEP_WAIT_STORE;
}

bool command_works(const struct command *c)
{
	return c->work != NULL;
}

void command_forget_work(struct command *c)
{
	if (c->work)
		c->work->command = NULL;
}

/* ── Input of a command that runs ── */

struct span command_message_take(struct command *c)
{
	struct span s = c->message;

	c->message = span(NULL, 0);
	c->message_left -= s.n;
	return s;
}

bool command_message_ended(const struct command *c)
{
	return c->message_over;
}

bool command_message_next(struct command *c)
{
	bool next = c->message_next;

	c->message_next = false;
	return next;
}

bool command_line_take(struct command *c, struct span *out)
{
	if (!c->line_here)
		return false;
	*out = c->line;
	c->line_here = false;
	return true;
}

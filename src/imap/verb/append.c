/* APPEND: RFC 3501 §6.3.11, APPENDUID of RFC 4315 §3. The message goes to the store as it comes.
 * Never holds a message in memory; never asks for one that it would refuse. */
#include "base/clock.h"
#include "imap/verb/command.h"
#include "imap/verb/session.h"
#include "imap/wire/flags.h"

struct append {
	struct mailbox_info target;
	struct flag_set flags;
	struct date_time date;
	struct body_writer *writer;
	struct body *body;
};

/* mailbox SP [flag-list SP] [date-time SP] literal */
static bool append_args(struct args *a, struct append *p, struct span *name_out, uint64_t *size_out)
{
	p->date.seconds = clock_wall_seconds();
	if (!args_mailbox(a, name_out) || !args_sp(a))
		return false;
	if (args_peek(a) == '(' && (!args_flag_list(a, false, &p->flags) || !args_sp(a)))
		return false;
	if (args_peek(a) == '"' && (!args_date_time(a, &p->date) || !args_sp(a)))
		return false;
	return args_message_literal(a, size_out);
}

/* RFC 4314 §4: flags for which there is no right are passed over; the message is stored. */
static void drop_flags(struct command *c, struct append *p)
{
	if (p->flags.system & MESSAGE_SEEN && command_may(c, &p->target, RIGHT_SEEN) != FAIL_NONE)
		p->flags.system &= ~(uint64_t)MESSAGE_SEEN;
	if (p->flags.system & MESSAGE_DELETED && command_may(c, &p->target, RIGHT_DELETE) != FAIL_NONE)
		p->flags.system &= ~(uint64_t)MESSAGE_DELETED;
	if (command_may(c, &p->target, RIGHT_WRITE) == FAIL_NONE)
		return;
	p->flags.system &= MESSAGE_SEEN | MESSAGE_DELETED;
	p->flags.keyword_count = 0;
}

static enum fail appended(struct command *c);

static enum fail append_begin(struct command *c)
{
	struct append *p = arena_alloc(&c->arena, sizeof(*p));
	struct span name;
	uint64_t size;
	enum fail f;

	if (!p)
		return command_fail(c, FAIL_LIMIT, "the command is too long");
	c->state = p;
	c->committed = appended;
	if (!append_args(&c->args, p, &name, &size))
		return command_syntax(c);
	f = command_find_mailbox(c, name, FAIL_TRY_CREATE, &p->target);
	if (f)
		return f;
	f = command_may(c, &p->target, RIGHT_INSERT);
	if (f)
		return f;
	drop_flags(c, p);
	if (size == 0)
		return command_fail(c, FAIL_CANNOT, "a message of no octets cannot be stored");
	if (size > c->session->settings->message_size_max)
		return command_fail(c, FAIL_TOO_BIG, "a message may have %llu octets at most",
			(unsigned long long)c->session->settings->message_size_max);
	p->writer = body_begin(account_store(c->session->account));
	return FAIL_NONE;
}

static void append_end(struct command *c)
{
	struct append *p = c->state;

	if (!p)
		return;
	body_drop(p->writer);
	if (p->body)
		body_free(p->body);
}

static enum step append_stage(struct command *c, struct append *p)
{
	struct body_writer *writer = p->writer;
	struct new_message m = {.flags = p->flags.system,
		.keywords = p->flags.keywords,
		.keyword_count = p->flags.keyword_count,
		.internal_date = p->date.seconds,
		.internal_zone = p->date.zone};
	enum fail f;

	p->writer = NULL;
	f = body_end(writer, &p->body, &c->why);
	if (f)
		return step_fail(c, f);
	m.body = p->body;
	f = batch_message(command_batch(c), p->target.id, &m, &c->why);
	return f ? step_fail(c, f == FAIL_NOT_FOUND ? FAIL_TRY_CREATE : f) : STEP_DONE;
}

static enum step append_step(struct command *c)
{
	struct append *p = c->state;
	struct span bytes = command_message_take(c);

	if (bytes.n > 0) {
		enum fail f = body_append(p->writer, bytes, &c->why);

		return f ? step_fail(c, f) : STEP_AGAIN;
	}
	return command_message_ended(c) ? append_stage(c, p) : STEP_WAIT_INPUT;
}

static enum fail appended(struct command *c)
{
	struct append *p = c->state;
	const uint32_t *uids;

	if (batch_uids(c->batch, &uids) == 1)
		command_code(c, "APPENDUID %u %u", p->target.uidvalidity, uids[0]);
	return FAIL_NONE;
}

const struct verb_steps verb_append_steps = {append_begin, append_step, append_end};

/* APPEND: RFC 3501 §6.3.11, APPENDUID of RFC 4315 §3, MULTIAPPEND of RFC 3502 (all messages or none: they are one batch), UTF8 of RFC 6855 §4. A
 * message goes to the store as it comes. Never holds one in memory; never asks for one that it would refuse.
 *
 * RFC 6855 wants 8-bit header fields refused where UTF8=ACCEPT was not enabled. Clients have always sent them, in drafts above all, and a refusal loses
 * what somebody wrote: they are taken. */
#include "base/clock.h"
#include "imap/verb/command.h"
#include "imap/verb/session.h"
#include "imap/wire/capability.h"
#include "imap/wire/flags.h"

struct append {
	struct mailbox_info target;
	struct flag_set flags;
	bool utf8; /* the message stands in "UTF8 (...)": RFC 6855 §4 */
	struct date_time date;
	struct body_writer *writer;
};

/* [flag-list SP] [date-time SP] (literal / "UTF8" SP "(" literal8 ")") */
static bool message_args(struct args *a, struct append *p, uint64_t *size_out)
{
	p->date = (struct date_time){.seconds = clock_wall_seconds()};
	p->flags = (struct flag_set){.system = 0};
	p->utf8 = false;
	if (args_peek(a) == '(' && (!args_flag_list(a, false, &p->flags) || !args_sp(a)))
		return false;
	if (args_peek(a) == '"' && (!args_date_time(a, &p->date) || !args_sp(a)))
		return false;
	if (capability_on(a->capabilities, CAPABILITY_UTF8_ACCEPT) && args_if_word(a, SPAN("UTF8"))) {
		p->utf8 = true;
		if (!args_sp(a) || !args_open(a))
			return false;
	}
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

/* The arguments of one message, from the flags on: may it come? */
static enum fail begin_message(struct command *c, struct append *p)
{
	uint64_t size;
	enum fail f;

	if (!message_args(&c->args, p, &size))
		return command_syntax(c);
	c->message_tail = p->utf8 ? SPAN(")") : SPAN("");
	drop_flags(c, p);
	if (size == 0)
		return command_fail(c, FAIL_CANNOT, "a message of no octets cannot be stored");
	if (size > c->session->settings->message_size_max)
		return command_fail(c, FAIL_TOO_BIG, "a message may have %llu octets at most",
			(unsigned long long)c->session->settings->message_size_max);
	f = store_may_grow(account_store(c->session->account), size, &c->why);
	if (f)
		return f;
	p->writer = body_begin(account_store(c->session->account));
	return FAIL_NONE;
}

static enum fail append_begin(struct command *c)
{
	struct append *p = arena_alloc(&c->arena, sizeof(*p));
	struct span name;
	enum fail f;

	if (!p)
		return command_fail(c, FAIL_LIMIT, "the command is too long");
	c->state = p;
	c->committed = appended;
	if (!args_mailbox(&c->args, &name) || !args_sp(&c->args))
		return command_syntax(c);
	f = command_find_mailbox(c, name, FAIL_TRY_CREATE, &p->target);
	if (!f)
		f = command_may(c, &p->target, RIGHT_INSERT);
	return f ? f : begin_message(c, p);
}

static void append_end(struct command *c)
{
	struct append *p = c->state;

	if (!p)
		return;
	body_drop(p->writer);
}

/* The message is whole: into the batch with it. */
static enum fail stage_message(struct command *c, struct append *p)
{
	struct body_writer *writer = p->writer;
	struct body *body;
	struct new_message m = {.flags = p->flags.system,
		.keywords = p->flags.keywords,
		.keyword_count = p->flags.keyword_count,
		.internal_date = p->date.seconds,
		.internal_zone = p->date.zone};
	enum fail f;

	p->writer = NULL;
	f = body_end(writer, &body, &c->why);
	if (f)
		return f;
	m.body = body;
	f = batch_message(command_batch(c), p->target.id, &m, &c->why);
	body_free(body);
	return f == FAIL_NOT_FOUND ? FAIL_TRY_CREATE : f;
}

/* RFC 3502 §3: a space, then another message. */
static enum fail next_message(struct command *c, struct append *p)
{
	enum fail f = stage_message(c, p);

	if (f)
		return f;
	if (!capability_on(&c->session->capabilities, CAPABILITY_MULTIAPPEND) || (p->utf8 && !args_if(&c->args, ')')) ||
		!args_sp(&c->args))
		return command_fail(c, FAIL_SYNTAX, "There is more behind the message than the command takes");
	return begin_message(c, p);
}

static enum step append_step(struct command *c)
{
	struct append *p = c->state;
	struct span bytes = command_message_take(c);
	enum fail f;

	if (bytes.n > 0)
		f = body_append(p->writer, bytes, &c->why);
	else if (command_message_next(c))
		f = next_message(c, p);
	else if (!command_message_ended(c))
		return STEP_WAIT_INPUT;
	else if ((f = stage_message(c, p)) == FAIL_NONE)
		return STEP_DONE;
	return f ? step_fail(c, f) : STEP_AGAIN;
}

static enum fail appended(struct command *c)
{
	const struct append *p = c->state;
	const uint32_t *uids;
	size_t n = batch_uids(c->batch, &uids);

	if (!capability_on(&c->session->capabilities, CAPABILITY_UIDPLUS))
		return FAIL_NONE;
	if (n == 1)
		command_code(c, "APPENDUID %u %u", p->target.uidvalidity, uids[0]);
	else if (n) /* of one batch: they follow each other */
		command_code(c, "APPENDUID %u %u:%u", p->target.uidvalidity, uids[0], uids[n - 1]);
	return FAIL_NONE;
}

const struct verb_steps verb_append_steps = {append_begin, append_step, append_end};

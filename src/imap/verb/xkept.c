/* XKEPT [ENVELOPE]: the messages of the account that can be got back, oldest first. For administrators' sessions (barid undelete, barid purge);
 * RFC 3501 §6.5.1. Changes nothing.
 *
 *   * KEPT place seconds-since-1970 size (THERE | GONE) mailbox (flags) envelope      envelope: as FETCH has it, or NIL */
#include "base/memory.h"
#include "imap/verb/kept_place.h"
#include "imap/verb/session.h"
#include "imap/verb/verb_functions.h"
#include "imap/wire/flags.h"
#include "imap/wire/print.h"
#include "mime/mime.h"

enum { PAGE = 32 };

struct xkept {
	bool envelope, asked, last;
	struct kept_mailboxes *gone;
	struct kept_message page[PAGE];
	size_t n, at;
	struct kept_place after;
	struct buf structure;
};

bool args_kept_place(struct args *a, struct kept_place *out)
{
	struct kept_place at;

	if (!args_number64(a, &at.sequence) || !args_char(a, '.') || !args_number64(a, &at.id))
		return false;
	*out = at;
	return true;
}

void print_kept_place(struct buf *out, struct kept_place at)
{
	buf_addf(out, "%llu.%llu", (unsigned long long)at.sequence, (unsigned long long)at.id);
}

static enum fail xkept_begin(struct command *c)
{
	struct xkept *x = arena_alloc(&c->arena, sizeof(*x));
	enum fail f;

	if (!x)
		return command_fail(c, FAIL_LIMIT, "the command is too long");
	c->state = x;
	buf_init(&x->structure, MIME_STRUCTURE_MAX);
	c->bears_failure = true;
	x->envelope = args_if_word(&c->args, SPAN("ENVELOPE"));
	if (!args_end(&c->args))
		return command_syntax(c);
	f = command_may(c, NULL, RIGHT_ADMIN);
	return f ? f : kept_mailboxes_load(c->session->account, &x->gone, &c->why);
}

static void xkept_end(struct command *c)
{
	struct xkept *x = c->state;

	if (!x)
		return;
	kept_mailboxes_free(x->gone);
	buf_fini(&x->structure);
}

static void print_place(struct command *c, const struct xkept *x, const struct kept_message *k)
{
	struct buf *out = command_out(c);
	struct mailbox_info info;
	struct kept_mailbox was;

	if (!account_mailbox_info(c->session->account, k->mailbox, &info)) {
		buf_add_lit(out, "THERE ");
		print_mailbox(out, info.name, c->session->utf8);
	} else if (kept_mailbox_find(x->gone, k->mailbox, &was)) {
		buf_add_lit(out, "GONE ");
		print_mailbox(out, was.name, c->session->utf8);
	} else {
		buf_add_lit(out, "GONE ");
		print_mailbox(out, SPAN("INBOX"), c->session->utf8);
	}
}

/* What the structure says, as it went into ENVELOPE; a message of which that is lost can be got back all the same. */
static void print_envelope(struct command *c, struct xkept *x)
{
	const struct mime_structure *mime;
	struct arena arena;

	arena_init(&arena, MIME_STRUCTURE_MAX);
	if (x->envelope && !c->stored && !mime_structure_open(buf_span(&x->structure), &arena, &mime))
		buf_add(command_out(c), mime_envelope_text(mime));
	else
		buf_add_lit(command_out(c), "NIL");
	arena_fini(&arena);
}

static void print_kept(struct command *c, struct xkept *x, const struct kept_message *k)
{
	struct buf *out = command_out(c);
	bool first = true;

	buf_add_lit(out, "* KEPT ");
	print_kept_place(out, k->place);
	buf_addf(out, " %lld %llu ", (long long)k->expunged, (unsigned long long)k->message.size);
	print_place(c, x, k);
	buf_add_lit(out, " (");
	print_system_flags(out, k->message.flags, &first);
	buf_add_lit(out, ") ");
	print_envelope(c, x);
	buf_add_lit(out, "\r\n");
}

static enum step turn_page(struct command *c, struct xkept *x)
{
	enum fail f;

	if (x->last)
		return STEP_DONE;
	f = account_kept(c->session->account, x->after, PAGE, x->page, &x->n, &c->why);
	if (f)
		return step_fail(c, f);
	x->last = x->n < PAGE;
	x->at = 0;
	if (x->n)
		x->after = x->page[x->n - 1].place;
	return STEP_AGAIN;
}

static enum step xkept_step(struct command *c)
{
	struct xkept *x = c->state;
	const struct kept_message *k;

	if (x->at == x->n)
		return turn_page(c, x);
	k = &x->page[x->at];
	if (!command_has_room(c))
		return STEP_WAIT_OUTPUT;
	if (x->envelope && !x->asked) {
		x->asked = true;
		buf_reset(&x->structure);
		return command_stored(c, message_structure(c->session->account, &k->message, &x->structure, &c->wait));
	}
	print_kept(c, x, k);
	x->asked = false;
	x->at++;
	c->stored = FAIL_NONE;
	return STEP_AGAIN;
}

const struct verb_steps verb_xkept_steps = {xkept_begin, xkept_step, xkept_end};

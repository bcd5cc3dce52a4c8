/* The commands of the door, one at a time. Whatever takes time is `front`'s. */
#include "base/ascii_code.h"
#include "imap/door/door_own.h"
#include "imap/wire/id.h"
#include "imap/wire/verbs.h"

enum { ARENA_MAX = 64 << 10 };

/* One command while it is looked at. */
struct asked {
	struct door *door;
	struct head head;
	struct args args;
	struct buf out;
};

static void reply(struct asked *q, const char *condition, const char *code, const char *text)
{
	door_add_reply(&q->out, q->head.tag, condition, code, span_of(text));
}

static void bad(struct asked *q, const char *text)
{
	reply(q, "BAD", "", text);
	q->door->bad_commands++;
}

static void ask_capability(struct asked *q)
{
	buf_add_lit(&q->out, "* CAPABILITY ");
	door_add_capabilities(q->door, &q->out);
	buf_add_lit(&q->out, "\r\n");
	reply(q, "OK", "", "CAPABILITY completed");
}

static void ask_id(struct asked *q)
{
	print_id(&q->out, false);
	reply(q, "OK", "", "ID completed");
}

static void ask_logout(struct asked *q)
{
	buf_add_lit(&q->out, "* BYE Until next time\r\n");
	reply(q, "OK", "", "LOGOUT completed");
	door_say(q->door, &q->out);
	door_leave(q->door, NULL);
}

static void ask_starttls(struct asked *q)
{
	struct door *d = q->door;

	if (door_facts(d)->tls || !door_facts(d)->tls_available) {
		bad(q, door_facts(d)->tls ? "TLS is active already" : "TLS is not available");
		return;
	}
	reply(q, "OK", "", "Begin TLS negotiation now");
	door_say(d, &q->out);
	d->state = SECURING;
	d->host->ops->start_tls(d->host);
}

/* Before a password is looked at: may it be sent over this connection at all? */
static bool secret_ok(struct asked *q)
{
	if (door_facts(q->door)->cleartext_ok)
		return true;
	reply(q, "NO", fail_row(FAIL_PRIVACY)->imap_code, "Logging in needs TLS");
	return false;
}

static void await_auth(struct asked *q)
{
	buf_reset(&q->door->tag);
	buf_add(&q->door->tag, q->head.tag);
	q->door->state = AUTHENTICATING;
	door_say(q->door, &q->out);
}

static void ask_login(struct asked *q)
{
	struct args *a = &q->args;
	struct span user, password;

	if (!args_astring(a, &user) || !args_sp(a) || !args_astring(a, &password) || !args_end(a)) {
		bad(q, a->error);
		return;
	}
	if (!secret_ok(q))
		return;
	await_auth(q);
	q->door->host->ops->login(q->door->host, user, password);
}

/* "=" is an empty initial response: RFC 4959 §3. */
static enum fail decode_response(struct span text, struct buf *out)
{
	/* Not NULL, which would mean that there is none. */
	if (!buf_reserve(out, 1))
		return FAIL_TOO_BIG;
	return span_eq(text, SPAN("=")) ? FAIL_NONE : base64_decode(text, out);
}

/* One that is not known at all is refused by auth, in the same words. */
static bool mechanism_off(const struct asked *q, struct span mechanism)
{
	const struct capabilities *set = q->args.capabilities;

	return (span_eq_nocase(mechanism, SPAN("PLAIN")) && !capability_on(set, CAPABILITY_AUTH_PLAIN)) ||
	       (span_eq_nocase(mechanism, SPAN("LOGIN")) && !capability_on(set, CAPABILITY_AUTH_LOGIN));
}

static void ask_authenticate(struct asked *q)
{
	struct door *d = q->door;
	struct args *a = &q->args;
	struct span mechanism;
	struct buf initial;
	bool has_initial;
	enum fail f = FAIL_NONE;

	if (!args_atom(a, &mechanism)) {
		bad(q, a->error);
		return;
	}
	if (mechanism_off(q, mechanism)) {
		reply(q, "NO", "CANNOT", "this mechanism is not offered here");
		return;
	}
	has_initial = args_if(a, ' ') && a->rest.n > 0;
	if (has_initial && !capability_on(a->capabilities, CAPABILITY_SASL_IR)) {
		bad(q, "An initial response is not expected");
		return;
	}
	buf_init(&initial, READER_LINE_BEFORE);
	if (has_initial)
		f = decode_response(span_trim(a->rest), &initial);
	if (f) {
		bad(q, "The initial response is not base64");
	} else if (secret_ok(q)) {
		await_auth(q);
		d->host->ops->authenticate(
			d->host, mechanism, has_initial ? span(initial.p, initial.n) : span(NULL, 0));
	}
	buf_fini(&initial);
}

static void ask_nothing(struct asked *q)
{
	reply(q, "OK", "", "NOOP completed");
}

static const struct door_verb {
	void (*ask)(struct asked *q);
	bool (*arguments)(struct args *a); /* NULL: the function takes them itself */
} door_verbs[VERB_COUNT] = {
	[VERB_AUTHENTICATE] = {ask_authenticate, NULL},
	[VERB_CAPABILITY] = {ask_capability, args_end},
	[VERB_ID] = {ask_id, args_id},
	[VERB_LOGIN] = {ask_login, NULL},
	[VERB_LOGOUT] = {ask_logout, args_end},
	[VERB_NOOP] = {ask_nothing, args_end},
	[VERB_STARTTLS] = {ask_starttls, args_end},
};

static void dispatch(struct asked *q)
{
	const struct door_verb *v = q->head.verb < VERB_COUNT ? &door_verbs[q->head.verb] : NULL;

	if (!v || verb_row(q->head.verb)->traits & ADMIN)
		bad(q, "Unknown command");
	else if (!v->ask || !(verb_row(q->head.verb)->states & (BEFORE)))
		bad(q, "Log in first");
	else if (v->arguments && (!v->arguments(&q->args) || !args_end(&q->args)))
		bad(q, q->args.error);
	else
		v->ask(q);
}

void door_command(struct door *d, bool whole)
{
	struct capabilities set = door_capabilities(d);
	struct asked q = {.door = d};
	struct arena arena;

	arena_init(&arena, ARENA_MAX);
	args_init(&q.args, reader_command(&d->reader), &arena);
	q.args.capabilities = &set;
	buf_init(&q.out, DOOR_OUT_MAX);
	if (!head_take(&q.args, &q.head))
		bad(&q, q.args.error);
	else if (!whole)
		reply(&q, "BAD", "TOOBIG", "The command is too long");
	else
		dispatch(&q);
	d->bad_commands += !whole;
	door_say(d, &q.out);
	buf_fini(&q.out);
	arena_fini(&arena);
	if (d->bad_commands > BAD_COMMANDS_MAX)
		door_leave(d, "Too many commands that are none");
}

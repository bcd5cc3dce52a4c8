/* XPOP: the devices of POP3 of an account (store/device.h), for `barid pop`. For administrators' sessions; RFC 3501 §6.5.1.
 *
 *   XPOP STATUS [MESSAGES]                       who there is and what each has; with MESSAGES also of each message of INBOX
 *   XPOP SET ACCOUNT policy                      policy: UNSET, KEEP, DELETE, or so many seconds after the download
 *   XPOP SET DEVICE name policy
 *   XPOP FORGET name
 *
 *   * POPACCOUNT policy policy-that-holds messages
 *   * POPDEVICE name seconds-since-1970 policy policy-that-holds downloaded let-go waiting
 *   * POPMESSAGE uid size (what …)               of each device in the order above: "-", GONE, or when it was downloaded
 *
 * After SET and FORGET what no device needs any more is expunged at once. */
#include "base/clock.h"
#include "base/memory.h"
#include "conf/settings.h"
#include "imap/verb/session.h"
#include "imap/verb/verb_functions.h"
#include "imap/wire/print.h"
#include "store/device.h"

enum xpop_what { STATUS, SET, FORGET };
enum xpop_phase { OPENING, OPEN, CHANGED, COUNTING, DEVICES, MESSAGES };

struct xpop_device {
	char name[DEVICE_NAME_MAX + 1];
	size_t downloaded, let_go, waiting;
};
struct xpop {
	enum xpop_what what;
	enum xpop_phase phase;
	bool messages, of_device;
	char name[DEVICE_NAME_MAX + 1];
	struct device_policy policy;
	struct device_rules rules;
	struct mailbox *inbox;
	struct xpop_device devices[2 * DEVICES_MAX];
	size_t n, at;
	uint32_t uid; /* the last that was looked at */
};

/* ── What is asked ── */

static bool take_name(struct command *c, struct xpop *x)
{
	struct buf normal = {x->name, 0, DEVICE_NAME_MAX, DEVICE_NAME_MAX, false};
	struct span name;

	if (!args_sp(&c->args) || !args_astring(&c->args, &name))
		return false;
	if (device_name_normal(name, &normal, &c->why))
		return args_wrong(&c->args, "that is no device's name");
	x->name[normal.n] = '\0';
	return true;
}

static bool take_policy(struct command *c, struct xpop *x)
{
	uint32_t seconds;

	if (!args_sp(&c->args))
		return false;
	if (args_if_word(&c->args, SPAN("UNSET")))
		x->policy = (struct device_policy){DEVICE_UNSET, 0};
	else if (args_if_word(&c->args, SPAN("KEEP")))
		x->policy = device_policy_after(-1);
	else if (args_if_word(&c->args, SPAN("DELETE")))
		x->policy = device_policy_after(0);
	else if (args_nz_number(&c->args, &seconds))
		x->policy = device_policy_after(seconds);
	else
		return false;
	return true;
}

static bool take_set(struct command *c, struct xpop *x)
{
	x->what = SET;
	if (!args_sp(&c->args))
		return false;
	if (args_if_word(&c->args, SPAN("ACCOUNT")))
		return take_policy(c, x);
	x->of_device = args_if_word(&c->args, SPAN("DEVICE"));
	return x->of_device ? take_name(c, x) && take_policy(c, x) : args_wrong(&c->args, "ACCOUNT or DEVICE");
}

static bool take(struct command *c, struct xpop *x)
{
	if (args_if_word(&c->args, SPAN("SET")))
		return take_set(c, x);
	if (args_if_word(&c->args, SPAN("FORGET"))) {
		x->what = FORGET;
		return take_name(c, x);
	}
	if (!args_if_word(&c->args, SPAN("STATUS")))
		return args_wrong(&c->args, "STATUS, SET or FORGET");
	if (args_peek(&c->args) == ' ')
		x->messages = args_sp(&c->args) && args_if_word(&c->args, SPAN("MESSAGES"));
	return true;
}

static enum fail xpop_begin(struct command *c)
{
	struct xpop *x = arena_alloc(&c->arena, sizeof(*x));
	const struct settings *s = c->session->settings;

	if (!x)
		return command_fail(c, FAIL_LIMIT, "the command is too long");
	c->state = x;
	x->rules = (struct device_rules){
		device_policy_after(s->pop3_retention), s->pop3_device_forget, clock_wall_seconds()};
	if (!take(c, x) || !args_end(&c->args))
		return command_syntax(c);
	return command_may(c, NULL, RIGHT_ADMIN);
}

static void xpop_end(struct command *c)
{
	struct xpop *x = c->state;

	if (x)
		mailbox_close(x->inbox);
}

/* ── Changing ── */

static enum step change(struct command *c, struct xpop *x)
{
	struct span name = span_of(x->name);
	enum fail f;

	x->phase = CHANGED;
	if (x->what == FORGET)
		f = batch_device_forget(command_batch(c), name, &c->why);
	else
		f = batch_device_policy(command_batch(c), x->of_device ? &name : NULL, x->policy, &c->why);
	return f ? step_fail(c, f) : command_commit(c);
}

static enum step settle(struct command *c, struct xpop *x)
{
	enum fail f = batch_devices_settle(command_batch(c), x->inbox, &x->rules, &c->why);

	return f ? step_fail(c, f) : STEP_DONE;
}

/* ── Telling ── */

static void print_policy(struct buf *out, struct device_policy p)
{
	static const char *const words[] = {
		[DEVICE_UNSET] = "UNSET", [DEVICE_KEEP] = "KEEP", [DEVICE_DELETE] = "DELETE"};

	if (p.keep == DEVICE_AFTER)
		buf_addf(out, "%u", p.seconds);
	else
		buf_addf(out, "%s", words[p.keep]);
}

static enum step begin_telling(struct command *c, struct xpop *x)
{
	const struct account *a = c->session->account;
	struct device_policy own = account_device_policy(a);
	struct buf *out = command_out(c);
	struct device d;

	for (size_t i = 0; i < account_devices(a) && x->n < ARRAY_LEN(x->devices); i++) {
		account_device_at(a, i, &d);
		snprintf(x->devices[x->n++].name, sizeof x->name, "%.*s", SPAN_ARG(d.name));
	}
	buf_add_lit(out, "* POPACCOUNT ");
	print_policy(out, own);
	buf_add_lit(out, " ");
	print_policy(out, own.keep == DEVICE_UNSET ? x->rules.otherwise : own);
	buf_addf(out, " %zu\r\n", mailbox_count(x->inbox));
	x->phase = COUNTING;
	return STEP_AGAIN;
}

/* The message behind the one that was looked at last. */
static bool next_message(struct xpop *x, struct message *out)
{
	size_t i = x->uid == UINT32_MAX ? mailbox_count(x->inbox) : mailbox_lower_bound(x->inbox, x->uid + 1);

	if (i == mailbox_count(x->inbox))
		return false;
	mailbox_at(x->inbox, i, out);
	x->uid = out->uid;
	return true;
}

static enum step count(struct command *c, struct xpop *x)
{
	const struct account *a = c->session->account;
	struct message msg;

	while (!command_slice_over(c)) {
		if (!next_message(x, &msg)) {
			x->phase = DEVICES;
			x->uid = 0;
			return STEP_AGAIN;
		}
		for (size_t i = 0; i < x->n; i++) {
			struct xpop_device *d = &x->devices[i];
			bool downloaded = account_device_downloaded(a, span_of(d->name), msg.uid) != 0;
			bool let_go = account_device_let_go(a, span_of(d->name), msg.uid, &x->rules);

			d->downloaded += downloaded;
			d->let_go += let_go;
			d->waiting += !downloaded && !let_go;
		}
	}
	return STEP_AGAIN;
}

/* One that has been forgotten meanwhile keeps its place. */
static void print_device(struct command *c, const struct xpop *x, const struct xpop_device *d)
{
	const struct account *a = c->session->account;
	struct buf *out = command_out(c);
	struct device now;

	if (account_device_find(a, span_of(d->name), &now))
		now = (struct device){.name = span_of(d->name)};
	buf_add_lit(out, "* POPDEVICE ");
	print_string(out, now.name);
	buf_addf(out, " %lld ", (long long)now.seen);
	print_policy(out, now.policy);
	buf_add_lit(out, " ");
	print_policy(out, account_device_policy_of(a, now.name, x->rules.otherwise));
	buf_addf(out, " %zu %zu %zu\r\n", d->downloaded, d->let_go, d->waiting);
}

static void print_message(struct command *c, const struct xpop *x, const struct message *msg)
{
	const struct account *a = c->session->account;
	struct buf *out = command_out(c);

	buf_addf(out, "* POPMESSAGE %u %llu (", msg->uid, (unsigned long long)msg->size);
	for (size_t i = 0; i < x->n; i++) {
		struct span name = span_of(x->devices[i].name);
		int64_t when = account_device_downloaded(a, name, msg->uid);

		buf_addf(out, "%s", i ? " " : "");
		if (account_device_let_go(a, name, msg->uid, &x->rules))
			buf_add_lit(out, "GONE");
		else if (when)
			buf_addf(out, "%lld", (long long)when);
		else
			buf_add_lit(out, "-");
	}
	buf_add_lit(out, ")\r\n");
}

static enum step tell(struct command *c, struct xpop *x)
{
	struct message msg;

	while (command_has_room(c)) {
		if (x->phase == DEVICES && x->at < x->n) {
			print_device(c, x, &x->devices[x->at++]);
			continue;
		}
		x->phase = MESSAGES;
		if (!x->messages || !next_message(x, &msg))
			return STEP_DONE;
		print_message(c, x, &msg);
		if (command_slice_over(c))
			return STEP_AGAIN;
	}
	return STEP_WAIT_OUTPUT;
}

static enum step xpop_step(struct command *c)
{
	struct xpop *x = c->state;
	struct mailbox_info inbox;
	enum fail f;

	switch (x->phase) {
	case OPENING:
		f = account_mailbox_find(c->session->account, SPAN("INBOX"), &inbox);
		if (f)
			return step_fail(c, f);
		x->phase = OPEN;
		return command_stored(c, mailbox_open(c->session->account, inbox.id, &c->wait, &x->inbox));
	case OPEN: return x->what == STATUS ? begin_telling(c, x) : change(c, x);
	case CHANGED: return settle(c, x);
	case COUNTING: return count(c, x);
	case DEVICES:
	case MESSAGES: return tell(c, x);
	}
	return STEP_DONE;
}

const struct verb_steps verb_xpop_steps = {xpop_begin, xpop_step, xpop_end};

/* LSUB: RFC 3501 §6.3.9, §7.2.3. Names, not mailboxes: one that does not exist any more is listed as well, marked \Noselect. */
#include "imap/verb/list_match.h"
#include "imap/verb/session.h"
#include "imap/verb/verb_functions.h"
#include "imap/wire/print.h"

struct lsub {
	struct span pattern;
	size_t next;
	uint64_t tree_version;
	char last[MAILBOX_NAME_MAX * 4];
	size_t last_n;
};

static enum fail lsub_begin(struct command *c)
{
	struct lsub *l = arena_alloc(&c->arena, sizeof(*l));
	struct args *a = &c->args;
	struct span reference, pattern;
	enum fail f;

	if (!args_mailbox(a, &reference) || !args_sp(a) || !args_list_mailbox(a, &pattern) || !args_end(a))
		return command_syntax(c);
	f = command_may(c, NULL, RIGHT_LOOKUP);
	if (f)
		return f;
	l->pattern = list_pattern(reference, pattern, &c->arena);
	if (!l->pattern.p)
		return command_fail(c, FAIL_LIMIT, "The pattern is too long");
	l->tree_version = account_tree_version(c->session->account);
	c->state = l;
	return FAIL_NONE;
}

static void print_line(struct command *c, bool selectable, struct span name)
{
	struct buf *out = command_out(c);

	buf_addf(out, "* LSUB (%s) \"/\" ", selectable ? "" : "\\Noselect");
	print_mailbox(out, name, c->session->utf8);
	buf_add_lit(out, "\r\n");
}

static bool is_subscribed(const struct account *a, struct span name)
{
	size_t low = 0, high = account_subscriptions(a);

	/* INBOX stands first, whatever follows. */
	if (span_eq(name, SPAN("INBOX")))
		return high > 0 && span_eq(account_subscription_at(a, 0), name);
	while (low < high) {
		size_t mid = low + (high - low) / 2;
		struct span at = account_subscription_at(a, mid);
		int order = span_eq(at, SPAN("INBOX")) ? -1 : span_cmp(at, name);

		if (order == 0)
			return true;
		if (order < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return false;
}

/* "if "foo/bar" is subscribed and the pattern is "%", foo is returned with \Noselect": only where a '%' stopped short of the name. */
static void list_parents(struct command *c, struct span name)
{
	struct lsub *l = c->state;
	struct span before = span(l->last, l->last_n);

	if (span_find_byte(l->pattern, '%') == SIZE_MAX)
		return;
	for (size_t i = 0; i < name.n; i++) {
		struct span parent = span_first(name, i);

		if (name.p[i] != '/' || span_starts(before, span_first(name, i + 1)))
			continue;
		if (list_match(l->pattern, parent) && !is_subscribed(c->session->account, parent))
			print_line(c, false, parent);
	}
}

static void find_place(struct lsub *l, const struct account *a)
{
	struct span last = span(l->last, l->last_n);

	if (span_eq(last, SPAN("INBOX"))) /* it stands before all others */
		last.n = 0;
	l->tree_version = account_tree_version(a);
	for (l->next = 0; l->next < account_subscriptions(a); l->next++) {
		struct span name = account_subscription_at(a, l->next);

		if (!span_eq(name, SPAN("INBOX")) && span_cmp(name, last) > 0)
			break;
	}
}

static enum step lsub_step(struct command *c)
{
	struct lsub *l = c->state;
	const struct account *a = c->session->account;

	if (l->next && l->tree_version != account_tree_version(a))
		find_place(l, a);
	while (l->next < account_subscriptions(a)) {
		struct mailbox_info unused;
		struct span name;

		if (!command_has_room(c))
			return STEP_WAIT_OUTPUT;
		if (command_slice_over(c))
			return STEP_AGAIN;
		name = account_subscription_at(a, l->next++);
		list_parents(c, name);
		if (list_match(l->pattern, name))
			print_line(c, account_mailbox_find(a, name, &unused) == FAIL_NONE, name);
		l->last_n = name.n < sizeof(l->last) ? name.n : sizeof(l->last);
		memcpy(l->last, name.p, l->last_n);
	}
	return STEP_DONE;
}

const struct verb_steps verb_lsub_steps = {lsub_begin, lsub_step, NULL};

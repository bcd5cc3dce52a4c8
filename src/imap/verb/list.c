/* LIST: RFC 3501 §6.3.8, §7.2.2; CHILDREN (RFC 3348); special uses (RFC 6154 §2), which are shown in every LIST, as clients that have
 * not been told to ask for them look there; LIST-EXTENDED (RFC 5258) and LIST-STATUS (RFC 5819).
 *
 *   MAILBOXES ─► SUBSCRIPTIONS (with SUBSCRIBED: names of which no mailbox exists) ─► done
 *
 * Walks the list of mailboxes, which is in memory and sorted, so that all names below one stand together. */
#include "imap/verb/list_match.h"
#include "imap/verb/list_options.h"
#include "imap/verb/session.h"
#include "imap/verb/special_use.h"
#include "imap/verb/status_items.h"
#include "imap/verb/verb_functions.h"
#include "imap/wire/print.h"

struct listing {
	struct list_arguments is;
	enum { LISTING_MAILBOXES, LISTING_SUBSCRIPTIONS } phase;
	size_t next; /* index of the next mailbox or subscription */
	uint64_t tree_version;
	char last[MAILBOX_NAME_MAX * 4]; /* the name of the one before it */
	size_t last_n;
};

static enum fail list_begin(struct command *c)
{
	struct listing *l = arena_alloc(&c->arena, sizeof(*l));
	enum fail f;

	if (!list_arguments_take(&c->args, &l->is))
		return command_syntax(c);
	f = command_may(c, NULL, RIGHT_LOOKUP);
	if (f)
		return f;
	l->tree_version = account_tree_version(c->session->account);
	c->state = l;
	/* "An empty mailbox name argument is a special request to return the hierarchy delimiter and the root name." */
	if (l->is.root) {
		buf_add_lit(command_out(c), "* LIST (\\Noselect) \"/\" \"\"\r\n");
		l->next = SIZE_MAX;
	}
	return FAIL_NONE;
}

/* ── What is below a name ── */

/* The first mailbox below "name/", or the count. INBOX stands first, whatever follows. */
static size_t first_below(const struct account *a, struct span name)
{
	size_t low = 0, high = account_mailboxes(a);
	struct mailbox_info m;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		struct span common;
		int order;

		account_mailbox_at(a, mid, &m);
		common = span_first(m.name, name.n);
		order = span_eq(m.name, SPAN("INBOX")) ? -1 : span_cmp(common, name);
		if (order == 0)
			order = m.name.n <= name.n ? -1 : (unsigned char)m.name.p[name.n] < '/' ? -1 : 0;
		if (order < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static bool is_below(struct span name, struct span of)
{
	return name.n > of.n && span_starts(name, of) && name.p[of.n] == '/';
}

static bool has_children(const struct account *a, struct span name)
{
	size_t i = first_below(a, name);
	struct mailbox_info m;

	if (i == account_mailboxes(a))
		return false;
	account_mailbox_at(a, i, &m);
	return is_below(m.name, name);
}

static bool matches(const struct listing *l, struct span name)
{
	for (size_t i = 0; i < l->is.pattern_count; i++)
		if (list_match(l->is.patterns[i], name))
			return true;
	return false;
}

static bool selected(const struct listing *l, const struct mailbox_info *m)
{
	return (!(l->is.options & LIST_SELECT_SUBSCRIBED) || m->subscribed) &&
	       (!(l->is.options & LIST_SELECT_SPECIAL_USE) || m->special_use);
}

/* RECURSIVEMATCH, RFC 5258 §3.5: below `name` is something that the selection options select. *hidden_out: and some of it is not listed. */
static bool selects_below(const struct account *a, const struct listing *l, struct span name, bool *hidden_out)
{
	bool any = false;

	*hidden_out = false;
	for (size_t i = first_below(a, name); i < account_mailboxes(a); i++) {
		struct mailbox_info m;

		account_mailbox_at(a, i, &m);
		if (!is_below(m.name, name))
			break;
		if (!selected(l, &m))
			continue;
		any = true;
		*hidden_out |= !matches(l, m.name);
	}
	for (size_t i = 0; l->is.options & LIST_SELECT_SUBSCRIBED && i < account_subscriptions(a); i++) {
		struct span s = account_subscription_at(a, i);

		if (l->is.options & LIST_SELECT_SPECIAL_USE || !is_below(s, name))
			continue;
		any = true;
		*hidden_out |= !matches(l, s);
	}
	return any;
}

/* ── Lines ── */

static void print_line(struct command *c, const char *attributes, struct span name, bool child_info)
{
	struct buf *out = command_out(c);

	buf_addf(out, "* LIST (%s) \"/\" ", attributes);
	print_mailbox(out, name, c->session->utf8);
	if (child_info)
		buf_add_lit(out, " (CHILDINFO (\"SUBSCRIBED\"))");
	buf_add_lit(out, "\r\n");
}

static void list_mailbox(struct command *c, const struct mailbox_info *m)
{
	const struct listing *l = c->state;
	struct imap_session *s = c->session;
	const char *use = special_use_name(m->special_use);
	bool is_selected = selected(l, m), below = false, hidden = false;
	char attributes[80];

	if (!matches(l, m->name) || (!is_selected && !(l->is.options & LIST_RECURSIVE)))
		return;
	if (can(&s->user, s->account, m, RIGHT_LOOKUP))
		return;
	if (l->is.options & LIST_RECURSIVE)
		below = selects_below(s->account, l, m->name, &hidden);
	/* "Servers SHOULD ONLY return a non-matching mailbox name along with CHILDINFO if at least one matching child is not also being
	 * returned." */
	if (!is_selected && !hidden)
		return;
	snprintf(attributes, sizeof(attributes), "%s%s%s%s",
		has_children(s->account, m->name) ? "\\HasChildren" : "\\HasNoChildren", *use ? " " : "", use,
		l->is.options & LIST_RETURN_SUBSCRIBED && m->subscribed ? " \\Subscribed" : "");
	print_line(c, attributes, m->name, below && l->is.options & LIST_SELECT_SUBSCRIBED);
	if (l->is.options & LIST_RETURN_STATUS && can(&s->user, s->account, m, RIGHT_READ) == FAIL_NONE)
		status_items_print(c, m, l->is.status_items);
}

/* Names above this mailbox of which no mailbox exists, unless the mailbox before it stood below them too. */
static void list_parents(struct command *c, struct span name)
{
	const struct listing *l = c->state;
	struct span before = span(l->last, l->last_n);

	for (size_t i = 0; i < name.n; i++) {
		struct mailbox_info unused;
		struct span parent = span_first(name, i);

		if (name.p[i] != '/' || span_starts(before, span_first(name, i + 1)))
			continue;
		if (matches(l, parent) && account_mailbox_find(c->session->account, parent, &unused) == FAIL_NOT_FOUND)
			print_line(c,
				l->is.options & LIST_EXTENDED ? "\\NonExistent \\HasChildren"
							      : "\\Noselect \\HasChildren",
				parent, false);
	}
}

/* RFC 5258 §3.1: SUBSCRIBED lists names, also those that no mailbox has. */
static void list_subscription(struct command *c, struct span name)
{
	const struct account *a = c->session->account;
	struct mailbox_info unused;

	if (matches(c->state, name) && account_mailbox_find(a, name, &unused) == FAIL_NOT_FOUND)
		print_line(c,
			has_children(a, name) ? "\\NonExistent \\HasChildren \\Subscribed"
					      : "\\NonExistent \\HasNoChildren \\Subscribed",
			name, false);
}

/* ── The walk ── */

static size_t count_of(const struct listing *l, const struct account *a)
{
	return l->phase == LISTING_MAILBOXES ? account_mailboxes(a) : account_subscriptions(a);
}

static struct span name_at(const struct listing *l, const struct account *a, size_t i)
{
	struct mailbox_info m;

	if (l->phase == LISTING_SUBSCRIPTIONS)
		return account_subscription_at(a, i);
	account_mailbox_at(a, i, &m);
	return m.name;
}

/* The tree has changed between two steps: go on behind the name that was the last. */
static void find_place(struct listing *l, const struct account *a)
{
	struct span last = span(l->last, l->last_n);

	if (span_eq(last, SPAN("INBOX"))) /* it stands before all others */
		last.n = 0;
	l->tree_version = account_tree_version(a);
	for (l->next = 0; l->next < count_of(l, a); l->next++) {
		struct span name = name_at(l, a, l->next);

		if (!span_eq(name, SPAN("INBOX")) && span_cmp(name, last) > 0)
			break;
	}
}

static void list_one(struct command *c, struct listing *l)
{
	const struct account *a = c->session->account;
	struct span name = name_at(l, a, l->next);
	struct mailbox_info m;

	if (l->phase == LISTING_SUBSCRIPTIONS) {
		list_subscription(c, name);
	} else {
		account_mailbox_at(a, l->next, &m);
		if (!(l->is.options & LIST_SELECTS))
			list_parents(c, name);
		list_mailbox(c, &m);
	}
	l->next++;
	l->last_n = name.n < sizeof(l->last) ? name.n : sizeof(l->last);
	memcpy(l->last, name.p, l->last_n);
}

static enum step list_step(struct command *c)
{
	struct listing *l = c->state;
	const struct account *a = c->session->account;

	if (l->next && l->next != SIZE_MAX && l->tree_version != account_tree_version(a))
		find_place(l, a);
	while (l->next < count_of(l, a)) {
		if (!command_has_room(c))
			return STEP_WAIT_OUTPUT;
		if (command_slice_over(c))
			return STEP_AGAIN;
		list_one(c, l);
	}
	if (l->phase == LISTING_SUBSCRIPTIONS || !(l->is.options & LIST_SELECT_SUBSCRIBED) ||
		l->is.options & LIST_SELECT_SPECIAL_USE)
		return STEP_DONE;
	l->phase = LISTING_SUBSCRIPTIONS;
	l->next = l->last_n = 0;
	return STEP_AGAIN;
}

const struct verb_steps verb_list_steps = {list_begin, list_step, NULL};

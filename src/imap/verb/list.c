/* LIST: RFC 3501 §6.3.8, §7.2.2; CHILDREN (RFC 3348); special uses (RFC 6154 §2), which are shown in every LIST, as clients that have
 * not been told to ask for them look there. Of LIST-EXTENDED (RFC 5258) just what is sent without being announced is accepted:
 * "(SPECIAL-USE)" before the reference and "RETURN (SPECIAL-USE CHILDREN SUBSCRIBED)" behind the pattern.
 *
 * Walks the list of mailboxes, which is in memory and sorted, so that all names below one stand together. */
#include "imap/verb/list_match.h"
#include "imap/verb/session.h"
#include "imap/verb/verb_functions.h"
#include "imap/wire/print.h"

enum { ONLY_SPECIAL_USE = 1, ONLY_SUBSCRIBED = 2, RETURN_SUBSCRIBED = 4 };

struct listing {
	struct span pattern;
	unsigned options;
	size_t next; /* index of the next mailbox */
	uint64_t tree_version;
	char last[MAILBOX_NAME_MAX * 4]; /* the name of the one before it */
	size_t last_n;
};

static const char *const special_use_names[] = {
	[USE_ALL] = "\\All",
	[USE_ARCHIVE] = "\\Archive",
	[USE_DRAFTS] = "\\Drafts",
	[USE_FLAGGED] = "\\Flagged",
	[USE_JUNK] = "\\Junk",
	[USE_SENT] = "\\Sent",
	[USE_TRASH] = "\\Trash",
};

/* ── Arguments ── */

static const struct list_option {
	struct span word;
	bool selects, returns;
	unsigned bit;
} list_options[] = {
	{{"SPECIAL-USE", 11}, true, false, ONLY_SPECIAL_USE},
	{{"SUBSCRIBED", 10}, true, false, ONLY_SUBSCRIBED},
	{{"SPECIAL-USE", 11}, false, true, 0},
	{{"CHILDREN", 8}, false, true, 0},
	{{"SUBSCRIBED", 10}, false, true, RETURN_SUBSCRIBED},
};

static bool take_option(struct args *a, bool returns, unsigned *options)
{
	for (size_t i = 0; i < ARRAY_LEN(list_options); i++) {
		const struct list_option *o = &list_options[i];

		if (returns == o->returns && args_if_word(a, o->word)) {
			*options |= o->bit;
			return true;
		}
	}
	return args_wrong(a, "there is no such option");
}

static bool take_options(struct args *a, bool returns, unsigned *options)
{
	if (!args_open(a))
		return false;
	while (args_peek(a) != ')') {
		if (!take_option(a, returns, options))
			return false;
		(void)args_if(a, ' ');
	}
	return args_close(a);
}

static bool take_arguments(struct args *a, struct span *reference, struct span *pattern, unsigned *options)
{
	if (args_peek(a) == '(' && (!take_options(a, false, options) || !args_sp(a)))
		return false;
	if (!args_mailbox(a, reference) || !args_sp(a) || !args_list_mailbox(a, pattern))
		return false;
	if (args_if(a, ' ') && a->rest.n) {
		if (!args_if_word(a, SPAN("RETURN")))
			return args_wrong(a, "there is more than LIST takes");
		if (!args_sp(a) || !take_options(a, true, options))
			return false;
	}
	return args_end(a);
}

static enum fail list_begin(struct command *c)
{
	struct listing *l = arena_alloc(&c->arena, sizeof(*l));
	struct span reference, pattern;
	enum fail f;

	if (!take_arguments(&c->args, &reference, &pattern, &l->options))
		return command_syntax(c);
	f = command_may(c, NULL, RIGHT_LOOKUP);
	if (f)
		return f;
	l->pattern = list_pattern(reference, pattern, &c->arena);
	if (!l->pattern.p)
		return command_fail(c, FAIL_LIMIT, "The pattern is too long");
	l->tree_version = account_tree_version(c->session->account);
	c->state = l;
	/* "An empty mailbox name argument is a special request to return the hierarchy delimiter and the root name." */
	if (pattern.n == 0) {
		buf_add_lit(command_out(c), "* LIST (\\Noselect) \"/\" \"\"\r\n");
		l->next = SIZE_MAX;
	}
	return FAIL_NONE;
}

/* ── The walk ── */

static bool has_children(const struct account *a, struct span name)
{
	size_t low = 0, high = account_mailboxes(a);
	struct mailbox_info m;

	/* The first name that is not below "name/". INBOX stands first, whatever follows. */
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
	if (low == account_mailboxes(a))
		return false;
	account_mailbox_at(a, low, &m);
	return m.name.n > name.n && span_starts(m.name, name) && m.name.p[name.n] == '/';
}

static void print_line(struct buf *out, const char *attributes, struct span name)
{
	buf_addf(out, "* LIST (%s) \"/\" ", attributes);
	print_mailbox(out, name);
	buf_add_lit(out, "\r\n");
}

static void list_mailbox(struct command *c, const struct mailbox_info *m)
{
	struct listing *l = c->state;
	struct imap_session *s = c->session;
	const char *use = m->special_use ? special_use_names[m->special_use] : "";
	char attributes[80];

	if ((l->options & ONLY_SPECIAL_USE && !m->special_use) || (l->options & ONLY_SUBSCRIBED && !m->subscribed))
		return;
	if (!list_match(l->pattern, m->name) || can(&s->user, s->account, m, RIGHT_LOOKUP))
		return;
	snprintf(attributes, sizeof(attributes), "%s%s%s%s",
		has_children(s->account, m->name) ? "\\HasChildren" : "\\HasNoChildren", *use ? " " : "", use,
		l->options & (ONLY_SUBSCRIBED | RETURN_SUBSCRIBED) && m->subscribed ? " \\Subscribed" : "");
	print_line(command_out(c), attributes, m->name);
}

/* Names above this mailbox of which no mailbox exists, unless the mailbox before it stood below them too. */
static void list_parents(struct command *c, struct span name)
{
	struct listing *l = c->state;
	struct span before = span(l->last, l->last_n);

	for (size_t i = 0; i < name.n; i++) {
		struct mailbox_info unused;
		struct span parent = span_first(name, i);

		if (name.p[i] != '/' || span_starts(before, span_first(name, i + 1)))
			continue;
		if (list_match(l->pattern, parent) &&
			account_mailbox_find(c->session->account, parent, &unused) == FAIL_NOT_FOUND)
			print_line(command_out(c), "\\Noselect \\HasChildren", parent);
	}
}

/* The tree has changed between two steps: go on behind the name that was the last. */
static void find_place(struct listing *l, const struct account *a)
{
	struct span last = span(l->last, l->last_n);
	struct mailbox_info m;

	if (span_eq(last, SPAN("INBOX"))) /* it stands before all others */
		last.n = 0;
	l->tree_version = account_tree_version(a);
	for (l->next = 0; l->next < account_mailboxes(a); l->next++) {
		account_mailbox_at(a, l->next, &m);
		if (!span_eq(m.name, SPAN("INBOX")) && span_cmp(m.name, last) > 0)
			break;
	}
}

static enum step list_step(struct command *c)
{
	struct listing *l = c->state;
	const struct account *a = c->session->account;

	if (l->next && l->next != SIZE_MAX && l->tree_version != account_tree_version(a))
		find_place(l, a);
	while (l->next < account_mailboxes(a)) {
		struct mailbox_info m;

		if (!command_has_room(c))
			return STEP_WAIT_OUTPUT;
		if (command_slice_over(c))
			return STEP_AGAIN;
		account_mailbox_at(a, l->next++, &m);
		if (!(l->options & (ONLY_SPECIAL_USE | ONLY_SUBSCRIBED)))
			list_parents(c, m.name);
		list_mailbox(c, &m);
		l->last_n = m.name.n < sizeof(l->last) ? m.name.n : sizeof(l->last);
		memcpy(l->last, m.name.p, l->last_n);
	}
	return STEP_DONE;
}

const struct verb_steps verb_list_steps = {list_begin, list_step, NULL};

/* STATUS: RFC 3501 §6.3.10. From the counts of the store, whether or not the mailbox is selected; never opens it. */
#include "imap/verb/verb_functions.h"
#include "imap/wire/print.h"

/* Without opening the mailbox it is known which uids are recent, not how many of them are still there: the count may be too high
 * where new messages were expunged before any session saw them. */
static uint32_t recent_count(const struct mailbox_info *m)
{
	uint32_t uids = m->recent_from < m->uid_next ? m->uid_next - m->recent_from : 0;

	return uids < m->messages ? uids : m->messages;
}

static const struct {
	struct span word;
	uint32_t (*value)(const struct mailbox_info *m);
	size_t offset;
} items[] = {
	{{"MESSAGES", 8}, NULL, offsetof(struct mailbox_info, messages)},
	{{"RECENT", 6}, recent_count, 0},
	{{"UIDNEXT", 7}, NULL, offsetof(struct mailbox_info, uid_next)},
	{{"UIDVALIDITY", 11}, NULL, offsetof(struct mailbox_info, uidvalidity)},
	{{"UNSEEN", 6}, NULL, offsetof(struct mailbox_info, unseen)},
};

static uint32_t item_value(size_t i, const struct mailbox_info *m)
{
	uint32_t v;

	if (items[i].value)
		return items[i].value(m);
	memcpy(&v, (const char *)m + items[i].offset, sizeof(v));
	return v;
}

/* One bit an item; an item named twice is answered once. */
static bool take_items(struct args *a, unsigned *wanted)
{
	*wanted = 0;
	if (!args_open(a))
		return false;
	do {
		size_t i = 0;

		while (i < ARRAY_LEN(items) && !args_if_word(a, items[i].word))
			i++;
		if (i == ARRAY_LEN(items))
			return args_wrong(a, "MESSAGES, RECENT, UIDNEXT, UIDVALIDITY or UNSEEN is expected");
		*wanted |= 1u << i;
	} while (args_if(a, ' '));
	return args_close(a);
}

enum fail verb_status(struct command *c)
{
	struct buf *out = command_out(c);
	struct mailbox_info info;
	struct span name;
	unsigned wanted;
	enum fail f;
	bool first = true;

	if (!args_mailbox(&c->args, &name) || !args_sp(&c->args) || !take_items(&c->args, &wanted) ||
		!args_end(&c->args))
		return command_syntax(c);
	f = command_find_mailbox(c, name, FAIL_NOT_FOUND, &info);
	if (!f)
		f = command_may(c, &info, RIGHT_READ);
	if (f)
		return f;
	buf_add_lit(out, "* STATUS ");
	print_mailbox(out, info.name);
	for (size_t i = 0; i < ARRAY_LEN(items); i++) {
		if (!(wanted >> i & 1))
			continue;
		buf_addf(out, "%s%.*s %u", first ? " (" : " ", SPAN_ARG(items[i].word), item_value(i, &info));
		first = false;
	}
	buf_add_lit(out, ")\r\n");
	return FAIL_NONE;
}

/* What STATUS says of a mailbox, from the counts of the store: whether or not it is selected, it is never opened. */
#include "imap/verb/status_items.h"

#include "imap/verb/session.h"
#include "imap/wire/capability.h"
#include "imap/wire/print.h"

/* Without opening the mailbox it is known which uids are recent, not how many of them are still there: the count may be too high
 * where new messages were expunged before any session saw them. */
static uint64_t recent_count(const struct command *c, const struct mailbox_info *m)
{
	uint32_t uids = m->recent_from < m->uid_next ? m->uid_next - m->recent_from : 0;

	(void)c;
	return uids < m->messages ? uids : m->messages;
}

static uint64_t append_limit(const struct command *c, const struct mailbox_info *m)
{
	(void)m;
	return c->session->settings->message_size_max;
}

#define FIELD_VALUE(field)                                                                                             \
	static uint64_t field(const struct command *c, const struct mailbox_info *m)                                   \
	{                                                                                                              \
		(void)c;                                                                                               \
		return m->field;                                                                                       \
	}
FIELD_VALUE(messages)
FIELD_VALUE(uid_next)
FIELD_VALUE(uidvalidity)
FIELD_VALUE(unseen)
FIELD_VALUE(size)

static const struct status_item {
	struct span word;
	enum capability capability;
	uint64_t (*value)(const struct command *c, const struct mailbox_info *m);
} items[] = {
	{{"MESSAGES", 8}, CAPABILITY_IMAP4rev1, messages},
	{{"RECENT", 6}, CAPABILITY_IMAP4rev1, recent_count},
	{{"UIDNEXT", 7}, CAPABILITY_IMAP4rev1, uid_next},
	{{"UIDVALIDITY", 11}, CAPABILITY_IMAP4rev1, uidvalidity},
	{{"UNSEEN", 6}, CAPABILITY_IMAP4rev1, unseen},
	{{"SIZE", 4}, CAPABILITY_STATUS_SIZE, size},
	{{"APPENDLIMIT", 11}, CAPABILITY_APPENDLIMIT, append_limit},
};

bool status_items_take(struct args *a, unsigned *items_out)
{
	unsigned wanted = 0;

	if (!args_open(a))
		return false;
	do {
		size_t i = 0;

		while (i < ARRAY_LEN(items) &&
			!(capability_on(a->capabilities, items[i].capability) && args_if_word(a, items[i].word)))
			i++;
		if (i == ARRAY_LEN(items))
			return args_wrong(
				a, "an item such as MESSAGES, RECENT, UIDNEXT, UIDVALIDITY or UNSEEN is expected");
		wanted |= 1u << i;
	} while (args_if(a, ' '));
	*items_out = wanted;
	return args_close(a);
}

void status_items_print(struct command *c, const struct mailbox_info *m, unsigned wanted)
{
	struct buf *out = command_out(c);
	bool first = true;

	buf_add_lit(out, "* STATUS ");
	print_mailbox(out, m->name, c->session->utf8);
	for (size_t i = 0; i < ARRAY_LEN(items); i++) {
		if (!(wanted >> i & 1))
			continue;
		buf_addf(out, "%s%.*s %llu", first ? " (" : " ", SPAN_ARG(items[i].word),
			(unsigned long long)items[i].value(c, m));
		first = false;
	}
	buf_add_lit(out, ")\r\n");
}

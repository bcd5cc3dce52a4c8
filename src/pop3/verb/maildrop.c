/* The maildrop: numbers, sizes and marks of one session over INBOX. */
#include "pop3/verb/maildrop.h"

#include "base/clock.h"
#include "base/memory.h"
#include "conf/settings.h"

static struct device_rules rules_of(const struct maildrop *m)
{
	return (struct device_rules){device_policy_after(m->settings->pop3_retention), m->settings->pop3_device_forget,
		clock_wall_seconds()};
}

enum fail maildrop_set_device(struct maildrop *m, const char *name, struct why *w)
{
	struct buf normal = {m->device, 0, DEVICE_NAME_MAX, DEVICE_NAME_MAX, false};
	enum fail f = device_name_normal(span_of(name), &normal, w);

	m->device[f ? 0 : normal.n] = '\0';
	return f ? FAIL_AUTH : FAIL_NONE; /* it is a part of the user's name */
}

struct device_policy maildrop_policy(const struct maildrop *m)
{
	return account_device_policy_of(m->account, span_of(m->device), rules_of(m).otherwise);
}

enum fail maildrop_open(struct maildrop *m, struct store_wait *w)
{
	struct device_rules rules = rules_of(m);
	struct mailbox_info inbox;
	enum fail f = account_mailbox_find(m->account, SPAN("INBOX"), &inbox);

	if (!f)
		f = can(&m->user, m->account, &inbox, RIGHT_READ);
	if (f)
		return why(&w->why, f, "this account has no maildrop");
	f = account_device_may_come(m->account, span_of(m->device), &rules, &w->why);
	if (f)
		return f;
	return mailbox_open(m->account, inbox.id, w, &m->mailbox);
}

/* Nothing is told to a POP3 client of what happens meanwhile. */
static void never_mind(struct feed_reader *r)
{
	(void)r;
}

void maildrop_take(struct maildrop *m)
{
	size_t n = mailbox_count(m->mailbox);
	struct device_rules rules = rules_of(m);

	feed_begin(&m->reader, m->mailbox, never_mind);
	m->uids = memory_resize_array(NULL, n, sizeof *m->uids);
	m->sizes = memory_resize_array(NULL, n, sizeof *m->sizes);
	m->marks = memory_new(n);
	for (size_t i = 0; i < n; i++) {
		struct message msg;

		mailbox_at(m->mailbox, i, &msg);
		if (account_device_let_go(m->account, span_of(m->device), msg.uid, &rules))
			continue;
		m->uids[m->count] = msg.uid;
		m->sizes[m->count++] = msg.size;
	}
	maildrop_reset(m);
}

void maildrop_close(struct maildrop *m)
{
	if (m->uids)
		feed_end(&m->reader);
	mailbox_close(m->mailbox);
	free(m->uids);
	free(m->sizes);
	free(m->marks);
	m->mailbox = NULL;
	m->uids = NULL;
	m->sizes = NULL;
	m->marks = NULL;
}

bool maildrop_has(const struct maildrop *m, uint32_t number)
{
	return number >= 1 && number <= m->count && !(m->marks[number - 1] & VISIT_DELETED);
}

bool maildrop_message(const struct maildrop *m, uint32_t number, struct message *out)
{
	return maildrop_has(m, number) && mailbox_message(m->mailbox, m->uids[number - 1], out);
}

void maildrop_retrieved(struct maildrop *m, uint32_t number)
{
	m->marks[number - 1] |= VISIT_RETRIEVED;
}

void maildrop_delete(struct maildrop *m, uint32_t number)
{
	m->marks[number - 1] |= VISIT_DELETED;
	m->left--;
	m->left_size -= m->sizes[number - 1];
}

void maildrop_set_size(struct maildrop *m, uint32_t number, uint64_t size)
{
	if (maildrop_has(m, number))
		m->left_size = m->left_size - m->sizes[number - 1] + size;
	m->sizes[number - 1] = size;
}

uint32_t maildrop_last(const struct maildrop *m)
{
	uint32_t n = m->count;

	while (n && !account_device_downloaded(m->account, span_of(m->device), m->uids[n - 1]))
		n--;
	return n;
}

void maildrop_reset(struct maildrop *m)
{
	m->left = m->count;
	m->left_size = 0;
	for (uint32_t i = 0; i < m->count; i++) {
		m->marks[i] &= (unsigned char)~VISIT_DELETED;
		m->left_size += m->sizes[i];
	}
}

enum fail maildrop_stage(struct maildrop *m, struct batch *b, struct why *w)
{
	struct device_visit visit = {span_of(m->device), m->uids, m->marks, m->count};
	struct device_rules rules = rules_of(m);
	struct mailbox_info inbox;
	enum fail f = account_mailbox_info(m->account, mailbox_id(m->mailbox), &inbox);

	if (!f)
		f = can(&m->user, m->account, &inbox, RIGHT_EXPUNGE);
	return f ? f : batch_device_leave(b, m->mailbox, &visit, &rules, w);
}

/* The maildrop: numbers, sizes and marks of one session over INBOX. */
#include "pop3/verb/maildrop.h"

#include "base/memory.h"

enum fail maildrop_open(struct maildrop *m, struct store_wait *w)
{
	struct mailbox_info inbox;
	enum fail f = account_mailbox_find(m->account, SPAN("INBOX"), &inbox);

	if (!f)
		f = can(&m->user, m->account, &inbox, RIGHT_READ);
	if (f)
		return why(&w->why, f, "this account has no maildrop");
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

	feed_begin(&m->reader, m->mailbox, never_mind);
	m->count = (uint32_t)n;
	m->uids = memory_resize_array(NULL, n, sizeof *m->uids);
	m->sizes = memory_resize_array(NULL, n, sizeof *m->sizes);
	m->deleted = memory_new(n);
	for (size_t i = 0; i < n; i++) {
		struct message msg;

		mailbox_at(m->mailbox, i, &msg);
		m->uids[i] = msg.uid;
		m->sizes[i] = msg.size;
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
	free(m->deleted);
	m->mailbox = NULL;
	m->uids = NULL;
	m->sizes = NULL;
	m->deleted = NULL;
}

bool maildrop_has(const struct maildrop *m, uint32_t number)
{
	return number >= 1 && number <= m->count && !m->deleted[number - 1];
}

bool maildrop_message(const struct maildrop *m, uint32_t number, struct message *out)
{
	return maildrop_has(m, number) && mailbox_message(m->mailbox, m->uids[number - 1], out);
}

void maildrop_delete(struct maildrop *m, uint32_t number)
{
	m->deleted[number - 1] = 1;
	m->left--;
	m->left_size -= m->sizes[number - 1];
}

void maildrop_reset(struct maildrop *m)
{
	m->left = m->count;
	m->left_size = 0;
	for (uint32_t i = 0; i < m->count; i++) {
		m->deleted[i] = 0;
		m->left_size += m->sizes[i];
	}
}

enum fail maildrop_stage(struct maildrop *m, struct batch *b, struct why *w)
{
	struct mailbox_info inbox;
	enum fail f = account_mailbox_info(m->account, mailbox_id(m->mailbox), &inbox);

	if (!f)
		f = can(&m->user, m->account, &inbox, RIGHT_EXPUNGE);
	for (uint32_t i = 0; i < m->count && !f; i++) {
		uint32_t first = i;

		if (!m->deleted[i])
			continue;
		while (i + 1 < m->count && m->deleted[i + 1])
			i++;
		f = batch_expunge(b, m->mailbox, m->uids[first], m->uids[i], w);
	}
	return f;
}

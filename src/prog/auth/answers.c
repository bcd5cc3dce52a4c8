/* Answers at once: addresses for front, tickets for mail. */
#include "prog/auth/auth.h"

#include "base/clock.h"
#include "base/event.h"
#include "proc/channel.h"

/* A transaction may go on for long after its first RCPT: a client with a large message on a slow line. */
enum { DELIVERY_TICKET_MS = 600000 };

void answer_resolve(struct auth_link *front, const struct msg_resolve *m)
{
	struct auth *a = front->auth;
	struct ticket t = {.kind = TICKET_DELIVERY, .front = front->index, .connection = m->connection};
	const struct account_row *row =
		directory_resolve(a->directory, m->address, a->child->settings->recipient_delimiter, t.detail);
	struct msg out = {.kind = MSG_RESOLVED, .resolved = {.connection = m->connection, .request = m->request}};

	if (!row) {
		out.resolved.fail = FAIL_NOT_FOUND;
		out.resolved.text = SPAN("there is no such user here");
	} else if (row->disabled) {
		out.resolved.fail = FAIL_UNAVAILABLE;
		out.resolved.text = SPAN("this account is locked just now");
	} else if (is_set_aside(a, row->id)) {
		out.resolved.fail = FAIL_UNAVAILABLE;
		out.resolved.text = SPAN("this mailbox is unavailable until an administrator has looked at it");
	} else {
		t.account = row->id;
		t.shard = out.resolved.shard = row->shard;
		out.resolved.fail =
			ticket_issue(&a->tickets, &t, clock_mono_ms(), DELIVERY_TICKET_MS, out.resolved.ticket);
		if (out.resolved.fail) {
			out.resolved.fail = FAIL_UNAVAILABLE;
			out.resolved.text = SPAN("too many deliveries at once: try again in a moment");
		}
	}
	if (channel_send(front->channel, &out, -1))
		event_say(LOG_WARN, "channel", "front.%u does not take an answer", front->index);
}

/* For the shard that asks only: one mail process cannot reach another's accounts with a ticket that it came by. */
void answer_redeem(struct auth_link *mail, const struct msg_redeem *m)
{
	struct auth *a = mail->auth;
	struct ticket t = {0};
	enum fail f = ticket_redeem(&a->tickets, m->ticket, m->kind, m->front, m->connection, clock_mono_ms(), &t);
	const struct account_row *row = f ? NULL : directory_by_id(a->directory, t.account);
	struct msg out = {.kind = MSG_REDEEMED, .redeemed = {.request = m->request}};

	if (row && t.shard == mail->index && !row->disabled) {
		out.redeemed.account = row->id;
		out.redeemed.user = name_span(&row->name);
		out.redeemed.detail = span_of(t.detail);
		out.redeemed.capabilities_off = row->capabilities_off;
	} else {
		out.redeemed.fail = FAIL_AUTH;
		out.redeemed.text = SPAN("the ticket is unknown, used, expired or not for this shard");
	}
	if (channel_send(mail->channel, &out, -1))
		event_say(LOG_WARN, "channel", "mail.%u does not take an answer", mail->index);
}

void account_closed(struct auth *a, uint64_t account, uint32_t shard, const char *text)
{
	struct msg m = {.kind = MSG_ACCOUNT_CLOSED, .account_closed = {.account = account, .text = span_of(text)}};

	tickets_drop_account(&a->tickets, account);
	login_cache_drop_account(&a->cache, account);
	if (shard < AUTH_MAILS_MAX && a->mails[shard].channel && channel_send(a->mails[shard].channel, &m, -1))
		event_say(LOG_WARN, "channel", "mail.%u does not take the end of account %llu", shard,
			(unsigned long long)account);
}

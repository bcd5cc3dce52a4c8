/* Redeeming tickets with auth: the only way in which an account gets a name here. */
#include "prog/mail/mail.h"

#include "base/event.h"

static void answer(struct redemption *r, const struct msg_redeemed *m)
{
	list_remove(&r->link);
	r->done(r, m);
}

static void refuse(struct redemption *r)
{
	struct msg_redeemed m = {
		.fail = FAIL_UNAVAILABLE, .text = SPAN("logins cannot be checked just now: try again")};

	answer(r, &m);
}

static void fail_orphans(struct deferred *d)
{
	struct mail *m = CONTAINER_OF(d, struct mail, fail_redeeming);

	/* an answer may cancel others: start anew after each */
	for (struct list *it = m->redeeming.next; it != &m->redeeming;) {
		struct redemption *r = CONTAINER_OF(it, struct redemption, link);

		it = it->next;
		if (r->orphan) {
			refuse(r);
			it = m->redeeming.next;
		}
	}
}

void redeem_init(struct mail *m)
{
	list_init(&m->redeeming);
	deferred_init(&m->fail_redeeming, fail_orphans);
}

void redeem(struct mail *m, struct redemption *r, uint8_t kind, const uint8_t ticket[TICKET_SIZE], uint32_t front,
	uint64_t connection)
{
	struct msg out = {.kind = MSG_REDEEM,
		.redeem = {.request = ++m->next_request, .kind = kind, .front = front, .connection = connection}};

	memcpy(out.redeem.ticket, ticket, TICKET_SIZE);
	r->request = out.redeem.request;
	r->orphan = !m->auth || channel_send(m->auth, &out, -1);
	list_append(&m->redeeming, &r->link);
	if (r->orphan)
		loop_defer(&m->child->loop, &m->fail_redeeming);
}

void redeem_cancel(struct redemption *r)
{
	if (r->link.next)
		list_remove(&r->link);
}

void redeem_answered(struct mail *m, const struct msg_redeemed *in)
{
	LIST_EACH(it, &m->redeeming)
	{
		struct redemption *r = CONTAINER_OF(it, struct redemption, link);

		if (r->request != in->request)
			continue;
		answer(r, in);
		return;
	}
}

/* Tickets die with the auth that gave them out. */
void redeem_auth_gone(struct mail *m)
{
	LIST_EACH(it, &m->redeeming)
	CONTAINER_OF(it, struct redemption, link)->orphan = true;
	loop_defer(&m->child->loop, &m->fail_redeeming);
}

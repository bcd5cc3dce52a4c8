/* Deliveries: LMTP's end in this shard. */
#include "prog/mail/mail.h"

#include <unistd.h>

#include "base/event.h"
#include "base/memory.h"
#include "lmtp/wire/relay.h"
#include "proc/channel.h"

struct mail_delivery {
	struct list link;
	struct mail *mail;
	struct kept_settings *settings;
	struct lmtp_delivery *delivery;
	uint32_t front;
	uint64_t connection;
};

/* A recipient's ticket on its way to auth. */
struct recipient_ticket {
	struct redemption redemption;
	struct lmtp_redeem *redeem;
};

static void redeemed(struct redemption *r, const struct msg_redeemed *m)
{
	struct recipient_ticket *t = CONTAINER_OF(r, struct recipient_ticket, redemption);
	struct lmtp_redeem *redeem = t->redeem;
	struct lmtp_redeemed what = {.account = m->account, .detail = m->detail};

	free(t);
	redeem->done(redeem, m->fail, &what);
}

static void redeem_recipient(void *ctx, struct lmtp_redeem *in)
{
	struct mail_delivery *d = ctx;
	struct recipient_ticket *t = NEW(struct recipient_ticket);

	t->redeem = in;
	t->redemption.done = redeemed;
	in->host = t;
	redeem(d->mail, &t->redemption, TICKET_DELIVERY, in->ticket, d->front, d->connection);
}

static void cancel_recipient(void *ctx, struct lmtp_redeem *in)
{
	struct recipient_ticket *t = in->host;

	(void)ctx;
	redeem_cancel(&t->redemption);
	free(t);
}

static void delivered(void *ctx, uint64_t account, const char *session, struct span sender, uint64_t size, enum fail f,
	const char *log)
{
	struct mail_delivery *d = ctx;
	struct event e;

	d->mail->delivered += f == FAIL_NONE;
	child_counts_changed(d->mail->child);
	event_begin(&e, f ? fail_row(f)->level : LOG_INFO, f ? "delivery-failed" : "delivery");
	event_text(&e, "session", session);
	event_number(&e, "account", (int64_t)account);
	event_span(&e, "sender", sender);
	event_number(&e, "size", (int64_t)size);
	if (f) {
		event_text(&e, "fail", fail_row(f)->name);
		event_text(&e, "why", log);
	}
	event_end(&e);
}

static void ended(void *ctx, struct lmtp_delivery *delivery)
{
	struct mail_delivery *d = ctx;
	struct mail *m = d->mail;

	(void)delivery;
	list_remove(&d->link);
	kept_settings_unref(d->settings);
	free(d);
	m->delivery_count--;
	child_counts_changed(m->child);
	mail_something_ended(m);
}

void deliveries_open(struct front_link *f, const struct msg_delivery_open *m, int fd)
{
	struct mail_delivery *d;
	struct lmtp_delivery_start start;

	if (fd < 0)
		return;
	if (f->mail->stopping) {
		close(fd);
		return;
	}
	d = NEW(struct mail_delivery);
	d->mail = f->mail;
	d->settings = kept_settings_ref(f->mail->child->kept);
	d->front = f->index;
	d->connection = m->connection;
	list_append(&f->mail->deliveries, &d->link);
	f->mail->delivery_count++;
	child_counts_changed(f->mail->child);
	start = (struct lmtp_delivery_start){.loop = &f->mail->child->loop,
		.store = f->mail->store,
		.settings = d->settings->s,
		.hostname = f->mail->child->hostname,
		.redeem = redeem_recipient,
		.cancel = cancel_recipient,
		.delivered = delivered,
		.ended = ended,
		.ctx = d};
	start.stream = stream_new(&f->mail->child->loop, fd, &relay_stream_limits, NULL, NULL);
	d->delivery = lmtp_delivery_start(&start);
}

void deliveries_stop(struct mail *m)
{
	LIST_EACH(it, &m->deliveries)
	lmtp_delivery_stop(CONTAINER_OF(it, struct mail_delivery, link)->delivery);
}

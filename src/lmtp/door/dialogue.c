/* Replies, deadlines, and the ends of transactions and connections. */
#include "lmtp/door/dialogue.h"

#include "conf/settings.h"

enum { BAD_COMMANDS_MAX = 20, RESULTS_MS = 300 * 1000 };

const struct door_info *lmtp_info(struct lmtp_door *d)
{
	return d->host->ops->info(d->host);
}

void lmtp_send_reply(struct lmtp_door *d)
{
	d->host->ops->write(d->host, buf_span(&d->reply));
	buf_fini(&d->reply);
}

void lmtp_say(struct lmtp_door *d, int code, const char *status, const char *text)
{
	buf_addf(&d->reply, "%d %s %s\r\n", code, status, text);
	lmtp_send_reply(d);
}

void lmtp_say_fail(struct lmtp_door *d, enum fail f, const char *text)
{
	lmtp_say(d, fail_row(f)->smtp_reply, fail_row(f)->smtp_status, text);
}

void lmtp_touch(struct lmtp_door *d)
{
	d->host->ops->deadline(
		d->host, d->phase == RESULTS ? RESULTS_MS : lmtp_info(d)->settings->lmtp_idle_timeout * 1000);
}

void lmtp_leave(struct lmtp_door *d)
{
	d->phase = LEFT;
	transaction_reset(&d->transaction);
	d->host->ops->close(d->host);
}

void lmtp_bad_command(struct lmtp_door *d, enum fail f, const char *text)
{
	lmtp_say_fail(d, f, text);
	if (++d->bad < BAD_COMMANDS_MAX)
		return;
	lmtp_say(d, 421, "4.7.0", "too many bad commands");
	lmtp_leave(d);
}

/* RFC 2920 §3.1: who pipelines sends DATA before it knows that no recipient was taken, and may do so for message after message. */
void lmtp_no_recipients(struct lmtp_door *d)
{
	lmtp_say_fail(d, FAIL_WRONG_STATE, "no valid recipients");
}

/* RFC 5321 §4.1.1.11: a parameter that was not offered has a reply code of its own. */
void lmtp_refuse_arguments(struct lmtp_door *d, enum fail f, const char *text)
{
	if (f == FAIL_CANNOT)
		lmtp_say(d, 555, "5.5.4", text);
	else
		lmtp_bad_command(d, f, text);
}

void lmtp_reset(struct lmtp_door *d)
{
	transaction_reset(&d->transaction);
	d->chunking = d->too_big = false;
	if (d->state > GREETED)
		d->state = GREETED;
}

void lmtp_say_stop(struct lmtp_door *d)
{
	lmtp_say(d, 421, "4.3.2", "the server is shutting down");
	lmtp_leave(d);
}

/* Accounts that were removed and whose mail is still there: once it has been kept for long enough, the mail process that has it is told to erase
 * it, again and again until it says that it has. Nothing is erased that the directory does not name as removed. */
#include "prog/auth/auth.h"

#include "base/clock.h"
#include "base/event.h"
#include "proc/channel.h"

enum { FIRST_MS = 5000, PERIOD_MAX_MS = 300000, PERIOD_MIN_MS = 1000, PERIODS_A_KEEPING = 16 };

static bool due(const struct auth *a, const struct departed_account *d)
{
	int64_t age = clock_wall_seconds() - d->removed;

	return d->purge || (age >= 0 && (uint64_t)age >= a->child->settings->keep_deleted);
}

static void look(struct timer *t)
{
	struct auth *a = CONTAINER_OF(t, struct auth, departed_timer);
	uint64_t ms = a->child->settings->keep_deleted * 1000 / PERIODS_A_KEEPING;

	departed_look(a);
	ms = ms && ms < PERIOD_MAX_MS ? ms : PERIOD_MAX_MS;
	timer_start(&a->departed_timer, ms < PERIOD_MIN_MS ? PERIOD_MIN_MS : ms);
}

void departed_look(struct auth *a)
{
	const struct departed_account *d;

	for (size_t i = 0; (d = directory_departed(a->directory, i)); i++) {
		struct msg m = {.kind = MSG_ACCOUNT_ERASE, .account_erase = {.account = d->id}};
		struct auth_link *mail = d->shard < AUTH_MAILS_MAX ? &a->mails[d->shard] : NULL;

		if (!due(a, d) || !mail || !mail->channel)
			continue;
		if (channel_send(mail->channel, &m, -1))
			event_say(LOG_WARN, "channel", "mail.%u does not take that account %llu is to be erased",
				d->shard, (unsigned long long)d->id);
	}
}

/* From that shard only. */
void departed_erased(struct auth_link *mail, uint64_t account)
{
	struct auth *a = mail->auth;
	const struct departed_account *d;
	struct why w;
	size_t i = 0;

	while ((d = directory_departed(a->directory, i)) && d->id != account)
		i++;
	if (!d || d->shard != mail->index)
		return;
	if (directory_erased(a->directory, account, &w))
		event_say(LOG_WARN, "account-erased", "account %llu: %s", (unsigned long long)account, w.log);
	else
		event_say(LOG_INFO, "account-erased", "the mail of the removed account %llu is gone for good",
			(unsigned long long)account);
}

void departed_start(struct auth *a)
{
	timer_init(&a->departed_timer, &a->child->loop, look);
	timer_start(&a->departed_timer, FIRST_MS);
}

void departed_stop(struct auth *a)
{
	timer_stop(&a->departed_timer);
}

/* Erasing the mail of accounts that were removed, when auth says so; auth is told once it is done. */
#include "prog/mail/mail.h"

#include "base/event.h"
#include "base/memory.h"
#include "proc/channel.h"
#include "store/erase.h"

struct erasure {
	struct list link; /* in mail->erasures */
	struct mail *mail;
	struct store_wait wait;
	uint64_t account;
};

static void erased(struct mail *m, uint64_t account, enum fail f, const struct why *w)
{
	struct msg done = {.kind = MSG_ACCOUNT_ERASED, .account_erased = {.account = account}};

	if (f)
		event_say(LOG_WARN, "erase-failed", "account %llu: %s", (unsigned long long)account, w->log);
	else if (m->auth && channel_send(m->auth, &done, -1))
		event_say(LOG_WARN, "channel", "auth does not take that account %llu is erased",
			(unsigned long long)account);
}

static void erasure_done(struct store_wait *w, enum fail f)
{
	struct erasure *e = CONTAINER_OF(w, struct erasure, wait);

	erased(e->mail, e->account, f, &w->why);
	list_remove(&e->link);
	free(e);
}

static bool is_under_way(const struct mail *m, uint64_t account)
{
	LIST_EACH(it, &m->erasures)
	{
		if (CONTAINER_OF(it, struct erasure, link)->account == account)
			return true;
	}
	return false;
}

void erasing_begin(struct mail *m, uint64_t account)
{
	struct erasure *e;
	enum fail f;

	if (!m->store || m->stopping || m->broken || is_under_way(m, account))
		return;
	e = NEW(struct erasure);
	e->mail = m;
	e->account = account;
	store_wait_init(&e->wait, erasure_done);
	list_append(&m->erasures, &e->link);
	f = account_erase(m->store, account, &e->wait);
	if (f != FAIL_BUSY)
		erasure_done(&e->wait, f);
}

/* What is under way goes on, and auth asks again. */
void erasing_stop(struct mail *m)
{
	while (!list_empty(&m->erasures)) {
		struct erasure *e = CONTAINER_OF(m->erasures.next, struct erasure, link);

		store_wait_cancel(&e->wait);
		list_remove(&e->link);
		free(e);
	}
}

/* What comes of a mail process that died on an account: counted, and at last that account is set aside until an administrator clears it.
 *
 *   a mail process dies ─► blame_death ─► the third time: the file, SET_ASIDE to auth; the next mail process has it in its START
 *   auth is ready ─► blame_tell: all of them      auth ─ ACCOUNT_NAME ─► its name, for people
 *   barid account clear ─► auth ─ CLEAR_ACCOUNT ─► the file, SET_ASIDE off, the shard's mail process started anew ─ ACCOUNT_CLEARED ─► auth */
#include "base/clock.h"
#include "base/event.h"
#include "prog/super/server.h"

static void save(struct server *s)
{
	struct why w;

	if (set_aside_save(&s->set_aside, s->settings, &w))
		event_say(LOG_ERROR, "set-aside-not-written", "%s: it holds until this server ends", w.log);
}

static void tell_auth(struct server *s, const struct set_aside_row *row, bool on)
{
	struct msg m = {.kind = MSG_SET_ASIDE, .set_aside = {.account = row->account, .on = on}};

	kids_send(s, "auth", &m);
}

void blame_load(struct server *s)
{
	struct why w;

	if (set_aside_load(&s->set_aside, s->settings, &w))
		event_say(LOG_ERROR, "set-aside-not-read", "%s", w.log);
}

void blame_tell(struct server *s)
{
	for (size_t i = 0; i < s->set_aside.n; i++)
		tell_auth(s, &s->set_aside.rows[i], true);
}

uint64_t blame_death(struct kid *k, int signal)
{
	struct server *s = k->server;
	uint64_t account = 0;
	struct set_aside_row *row;

	if (k->last_word)
		account = k->hangs ? k->last_word->loop.account : last_word_account(k->last_word, signal);
	if (!account)
		return 0;
	row = set_aside_crashed(&s->set_aside, account, k->index, clock_mono_ms(), clock_wall_seconds());
	if (!row)
		return account;
	save(s);
	event_say(LOG_ERROR, "account-set-aside",
		"%s.%u died on account %llu %d times within an hour: that account alone is refused from now on, its "
		"mail is safe and new mail for it waits at its senders; 'barid status' has its name and the remedy",
		k->role->name, k->index, (unsigned long long)account, SET_ASIDE_CRASHES);
	tell_auth(s, row, true);
	return account;
}

static void name_account(struct server *s, const struct msg_account_name *m)
{
	struct set_aside_row *row = set_aside_find(&s->set_aside, m->account);

	if (row)
		snprintf(row->name, sizeof row->name, "%.*s", SPAN_ARG(m->name));
}

static void clear_account(struct server *s, const struct msg_clear_account *m)
{
	struct msg answer = {.kind = MSG_ACCOUNT_CLEARED, .account_cleared = {.request = m->request}};
	struct set_aside_row *found = set_aside_find(&s->set_aside, m->account), row;

	if (found) {
		row = *found;
		set_aside_clear(&s->set_aside, m->account);
		save(s);
		tell_auth(s, &row, false);
		kids_renew(s, "mail", row.shard);
		event_say(LOG_INFO, "account-cleared",
			"account %llu is served again; shard %u is opened anew to take in what was passed over",
			(unsigned long long)row.account, row.shard);
	} else {
		answer.account_cleared.fail = FAIL_NOT_FOUND;
	}
	kids_send(s, "auth", &answer);
}

void blame_message(struct kid *k, const struct msg *m)
{
	if (m->kind == MSG_ACCOUNT_NAME)
		name_account(k->server, &m->account_name);
	else if (m->kind == MSG_CLEAR_ACCOUNT)
		clear_account(k->server, &m->clear_account);
}

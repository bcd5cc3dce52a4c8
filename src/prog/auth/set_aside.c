/* Accounts that super has set aside since their mail crashed its process: logins and deliveries of theirs are refused here, so that nothing of them
 * reaches a mail process; and the administrator's word that one is to be tried again, on its way to super and back. */
#include "base/event.h"
#include "base/memory.h"
#include "proc/channel.h"
#include "prog/auth/auth.h"

struct account_clearing {
	struct list link;
	uint64_t request;
	void (*done)(void *ctx, enum fail f);
	void *ctx;
};

static uint64_t *find(struct auth *a, uint64_t account)
{
	for (size_t i = 0; i < a->set_aside_count; i++)
		if (a->set_aside[i] == account)
			return &a->set_aside[i];
	return NULL;
}

bool is_set_aside(struct auth *a, uint64_t account)
{
	return find(a, account) != NULL;
}

static void send_to_super(struct auth *a, const struct msg *m)
{
	if (channel_send(a->child->super, m, -1))
		event_say(LOG_WARN, "channel", "super does not take %s", msg_name(m->kind));
}

static void tell_name(struct auth *a, uint64_t account)
{
	const struct account_row *row = directory_by_id(a->directory, account);
	struct msg m = {.kind = MSG_ACCOUNT_NAME, .account_name = {.account = account}};

	if (!row)
		return;
	m.account_name.name = name_span(&row->name);
	send_to_super(a, &m);
}

static void take(struct auth *a, uint64_t account, bool on)
{
	uint64_t *at = find(a, account);

	if (on && !at) {
		a->set_aside = memory_resize_array(a->set_aside, a->set_aside_count + 1, sizeof *a->set_aside);
		a->set_aside[a->set_aside_count++] = account;
	} else if (!on && at) {
		*at = a->set_aside[--a->set_aside_count];
	}
	if (on)
		tell_name(a, account);
}

struct account_clearing *set_aside_ask(
	struct auth *a, uint64_t account, void (*done)(void *ctx, enum fail f), void *ctx)
{
	struct account_clearing *c = NEW(struct account_clearing);
	struct msg m = {.kind = MSG_CLEAR_ACCOUNT, .clear_account = {++a->clear_requests, account}};

	c->request = m.clear_account.request;
	c->done = done;
	c->ctx = ctx;
	list_append(&a->clearing, &c->link);
	send_to_super(a, &m);
	return c;
}

void set_aside_forget(struct account_clearing *c)
{
	if (!c)
		return;
	list_remove(&c->link);
	free(c);
}

static void cleared(struct auth *a, const struct msg_account_cleared *m)
{
	LIST_EACH(it, &a->clearing)
	{
		struct account_clearing *c = CONTAINER_OF(it, struct account_clearing, link);

		if (c->request != m->request)
			continue;
		c->done(c->ctx, m->fail);
		set_aside_forget(c);
		return;
	}
}

void set_aside_message(struct auth *a, const struct msg *m)
{
	if (m->kind == MSG_SET_ASIDE)
		take(a, m->set_aside.account, m->set_aside.on);
	else if (m->kind == MSG_ACCOUNT_CLEARED)
		cleared(a, &m->account_cleared);
}

/* The table of last logins. */
#include "auth/login_delay.h"

#include "base/memory.h"

/* Who it was is its hash in the table: two are alike by a chance of 2^-64. */
struct last_login {
	struct table_link link;
	struct list age;
	int64_t at;
};

void login_delays_init(struct login_delays *d)
{
	table_init(&d->table);
	list_init(&d->by_age);
}

static void drop(struct login_delays *d, struct last_login *l)
{
	table_remove(&d->table, &l->link);
	list_remove(&l->age);
	free(l);
}

static struct last_login *oldest(struct login_delays *d)
{
	return list_empty(&d->by_age) ? NULL : CONTAINER_OF(d->by_age.next, struct last_login, age);
}

void login_delays_fini(struct login_delays *d)
{
	while (oldest(d))
		drop(d, oldest(d));
	table_fini(&d->table);
}

static uint64_t key_of(uint64_t account, struct span device)
{
	struct span parts[] = {span(&account, sizeof account), device};

	return table_hash(parts, ARRAY_LEN(parts));
}

bool login_delay_over(struct login_delays *d, uint64_t account, struct span device, int64_t now, int64_t delay)
{
	uint64_t key = key_of(account, device);
	struct last_login *l;

	while ((l = oldest(d)) && (now - l->at >= delay || d->table.n >= LOGIN_DELAYS_MAX))
		drop(d, l);
	if (delay <= 0)
		return true;
	if (table_first(&d->table, key))
		return false;
	l = NEW(struct last_login);
	l->at = now;
	list_append(&d->by_age, &l->age);
	table_insert(&d->table, &l->link, key);
	return true;
}

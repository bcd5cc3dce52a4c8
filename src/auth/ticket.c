/* One-use tickets: random, bounded, short-lived. */
#include "auth/ticket.h"

#include <openssl/crypto.h>

#include "base/memory.h"
#include "base/random.h"

struct issued {
	struct table_link link;
	struct list age;
	int64_t expires;
	uint8_t code[TICKET_OCTETS];
	struct ticket what;
};

void tickets_init(struct tickets *t)
{
	table_init(&t->table);
	for (size_t i = 0; i < TICKET_KINDS; i++)
		list_init(&t->by_age[i]);
}

static void drop(struct tickets *t, struct issued *i)
{
	table_remove(&t->table, &i->link);
	list_remove(&i->age);
	OPENSSL_cleanse(i, sizeof(*i));
	free(i);
}

void tickets_fini(struct tickets *t)
{
	for (size_t i = 0; i < TICKET_KINDS; i++)
		LIST_EACH(it, &t->by_age[i])
	drop(t, CONTAINER_OF(it, struct issued, age));
	table_fini(&t->table);
}

static void drop_expired(struct tickets *t, int64_t now)
{
	for (size_t i = 0; i < TICKET_KINDS; i++) {
		while (!list_empty(&t->by_age[i])) {
			struct issued *oldest = CONTAINER_OF(t->by_age[i].next, struct issued, age);

			if (oldest->expires > now)
				break;
			drop(t, oldest);
		}
	}
}

static uint64_t hash_of(const uint8_t *code)
{
	uint64_t hash;

	memcpy(&hash, code, sizeof(hash)); /* random already */
	return hash;
}

enum fail ticket_issue(
	struct tickets *t, const struct ticket *what, int64_t now, int64_t lifetime, uint8_t code_out[TICKET_OCTETS])
{
	struct issued *i;

	drop_expired(t, now);
	if (t->table.n >= TICKETS_MAX)
		return FAIL_LIMIT;
	if (what->kind >= TICKET_KINDS)
		abort();
	i = NEW(struct issued);
	i->what = *what;
	i->expires = now + lifetime;
	random_bytes(i->code, sizeof(i->code));
	list_append(&t->by_age[what->kind], &i->age);
	table_insert(&t->table, &i->link, hash_of(i->code));
	memcpy(code_out, i->code, TICKET_OCTETS);
	return FAIL_NONE;
}

static struct issued *find(struct tickets *t, const uint8_t *code)
{
	struct table_link *link = table_first(&t->table, hash_of(code));

	for (; link; link = table_next(link)) {
		struct issued *i = CONTAINER_OF(link, struct issued, link);

		if (!CRYPTO_memcmp(i->code, code, TICKET_OCTETS))
			return i;
	}
	return NULL;
}

enum fail ticket_redeem(struct tickets *t, const uint8_t code[TICKET_OCTETS], uint8_t kind, uint32_t front,
	uint64_t connection, int64_t now, struct ticket *out)
{
	struct issued *i = find(t, code);
	bool good;

	if (!i)
		return FAIL_AUTH;
	good = i->expires > now && i->what.kind == kind && i->what.front == front && i->what.connection == connection;
	if (good)
		*out = i->what;
	drop(t, i);
	return good ? FAIL_NONE : FAIL_AUTH;
}

void tickets_drop_account(struct tickets *t, uint64_t account)
{
	for (size_t k = 0; k < TICKET_KINDS; k++) {
		LIST_EACH(it, &t->by_age[k])
		{
			struct issued *i = CONTAINER_OF(it, struct issued, age);

			if (i->what.account == account)
				drop(t, i);
		}
	}
}

size_t tickets_count(const struct tickets *t)
{
	return t->table.n;
}

/* The verified-login cache. */
#include "auth/login_cache.h"

#include <openssl/crypto.h>

#include "base/memory.h"

enum { CACHED_PASSWORD_MAX = 4096, DIGEST = 32 };

struct verified {
	struct table_link link;
	struct list age;
	uint64_t account;
	int64_t expires;
	uint8_t digest[DIGEST];
};

void login_cache_init(struct login_cache *c, int64_t lifetime)
{
	table_init(&c->table);
	list_init(&c->by_age);
	c->lifetime = lifetime;
}

static void drop(struct login_cache *c, struct verified *v)
{
	table_remove(&c->table, &v->link);
	list_remove(&v->age);
	OPENSSL_cleanse(v, sizeof(*v));
	free(v);
}

static void drop_all(struct login_cache *c)
{
	LIST_EACH(it, &c->by_age)
	drop(c, CONTAINER_OF(it, struct verified, age));
}

void login_cache_fini(struct login_cache *c)
{
	drop_all(c);
	table_fini(&c->table);
}

void login_cache_set_lifetime(struct login_cache *c, int64_t lifetime)
{
	if (lifetime == c->lifetime)
		return;
	drop_all(c);
	c->lifetime = lifetime;
}

static void digest_of(const struct account_row *row, struct span password, uint8_t out[DIGEST])
{
	struct span parts[] = {span(&row->id, sizeof(row->id)), span_of(row->hash), password};

	table_digest(parts, ARRAY_LEN(parts), out);
}

static uint64_t hash_of(const uint8_t *digest)
{
	uint64_t hash;

	memcpy(&hash, digest, sizeof(hash));
	return hash;
}

static void drop_expired(struct login_cache *c, int64_t now)
{
	while (!list_empty(&c->by_age)) {
		struct verified *oldest = CONTAINER_OF(c->by_age.next, struct verified, age);

		if (oldest->expires > now)
			break;
		drop(c, oldest);
	}
}

static struct verified *find(struct login_cache *c, const uint8_t *digest)
{
	struct table_link *link = table_first(&c->table, hash_of(digest));

	for (; link; link = table_next(link)) {
		struct verified *v = CONTAINER_OF(link, struct verified, link);

		if (!CRYPTO_memcmp(v->digest, digest, DIGEST))
			return v;
	}
	return NULL;
}

bool login_cache_has(struct login_cache *c, const struct account_row *row, struct span password, int64_t now)
{
	uint8_t digest[DIGEST];

	drop_expired(c, now);
	if (!c->table.n || password.n > CACHED_PASSWORD_MAX)
		return false;
	digest_of(row, password, digest);
	return find(c, digest) != NULL;
}

void login_cache_add(struct login_cache *c, const struct account_row *row, struct span password, int64_t now)
{
	struct verified *v;
	uint8_t digest[DIGEST];

	if (c->lifetime <= 0 || password.n > CACHED_PASSWORD_MAX)
		return;
	digest_of(row, password, digest);
	v = find(c, digest);
	if (v)
		drop(c, v);
	if (c->table.n >= LOGIN_CACHE_MAX)
		drop(c, CONTAINER_OF(c->by_age.next, struct verified, age));
	v = NEW(struct verified);
	v->account = row->id;
	v->expires = now + c->lifetime;
	memcpy(v->digest, digest, DIGEST);
	list_append(&c->by_age, &v->age);
	table_insert(&c->table, &v->link, hash_of(digest));
}

void login_cache_drop_account(struct login_cache *c, uint64_t account)
{
	LIST_EACH(it, &c->by_age)
	{
		struct verified *v = CONTAINER_OF(it, struct verified, age);

		if (v->account == account)
			drop(c, v);
	}
}

/* A hash table with embedded links, and the keyed digests that name things in it. */
#include "auth/table.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base/memory.h"
#include "base/random.h"

enum { BUCKETS_FIRST = 64, DIGEST_INPUT_MAX = 8192 };

void table_init(struct table *t)
{
	*t = (struct table){0};
}

void table_fini(struct table *t)
{
	free(t->bucket);
	table_init(t);
}

static void grow(struct table *t)
{
	struct table old = *t;

	t->buckets = old.buckets ? old.buckets * 2 : BUCKETS_FIRST;
	t->bucket = memory_new(t->buckets * sizeof(struct table_link *));
	for (size_t i = 0; i < old.buckets; i++) {
		while (old.bucket[i]) {
			struct table_link *link = old.bucket[i], **place = &t->bucket[link->hash & (t->buckets - 1)];

			old.bucket[i] = link->next;
			link->next = *place;
			*place = link;
		}
	}
	free(old.bucket);
}

void table_insert(struct table *t, struct table_link *link, uint64_t hash)
{
	struct table_link **place;

	if (t->n >= t->buckets)
		grow(t);
	place = &t->bucket[hash & (t->buckets - 1)];
	link->hash = hash;
	link->next = *place;
	*place = link;
	t->n++;
}

void table_remove(struct table *t, struct table_link *link)
{
	struct table_link **place = &t->bucket[link->hash & (t->buckets - 1)];

	while (*place != link)
		place = &(*place)->next;
	*place = link->next;
	link->next = NULL;
	t->n--;
}

static struct table_link *of_hash(struct table_link *link, uint64_t hash)
{
	while (link && link->hash != hash)
		link = link->next;
	return link;
}

struct table_link *table_first(const struct table *t, uint64_t hash)
{
	return t->n ? of_hash(t->bucket[hash & (t->buckets - 1)], hash) : NULL;
}

struct table_link *table_next(const struct table_link *link)
{
	return of_hash(link->next, link->hash);
}

static const uint8_t *secret(void)
{
	static uint8_t key[32];
	static bool made;

	if (!made)
		random_bytes(key, sizeof(key));
	made = true;
	return key;
}

void table_digest(const struct span *parts, size_t count, uint8_t out[32])
{
	uint8_t text[DIGEST_INPUT_MAX];
	size_t n = 0;
	unsigned out_n = 32;

	for (size_t i = 0; i < count; i++) {
		uint32_t length = (uint32_t)parts[i].n;

		if (parts[i].n > sizeof(text) - n - sizeof(length))
			abort(); /* every caller has a smaller limit */
		memcpy(text + n, &length, sizeof(length));
		n += sizeof(length);
		if (length)
			memcpy(text + n, parts[i].p, length);
		n += length;
	}
	if (!HMAC(EVP_sha256(), secret(), 32, text, n, out, &out_n))
		abort();
	OPENSSL_cleanse(text, n);
}

uint64_t table_hash(const struct span *parts, size_t count)
{
	uint8_t digest[32];
	uint64_t hash;

	table_digest(parts, count, digest);
	memcpy(&hash, digest, sizeof(hash));
	return hash;
}

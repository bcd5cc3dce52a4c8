/* A hash table whose links are embedded in the objects, for the bounded tables of this room. Keys are hashed with a secret of the
 * process: names from strangers cannot be chosen to collide. */
#ifndef AUTH_TABLE_H
#define AUTH_TABLE_H

#include "base/span.h"

struct table_link {
	struct table_link *next;
	uint64_t hash;
};

struct table {
	struct table_link **bucket;
	size_t buckets, n;
};

void table_init(struct table *t);
void table_fini(struct table *t); /* the objects are their owners' */
void table_insert(struct table *t, struct table_link *link, uint64_t hash);
void table_remove(struct table *t, struct table_link *link);
/* The links of equal hash, one after the other; the caller compares keys. NULL at the end. */
struct table_link *table_first(const struct table *t, uint64_t hash);
struct table_link *table_next(const struct table_link *link);

/* The parts one after the other, each with its length, so that ("a","bc") is not ("ab","c"). */
uint64_t table_hash(const struct span *parts, size_t count);
/* The same as HMAC-SHA256 under that secret: for keys that are compared instead of what they stand for. */
void table_digest(const struct span *parts, size_t count, uint8_t out[32]);

#endif

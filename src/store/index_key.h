/* Keys of the index: the account, a letter, and what tells the rows of that kind apart, big-endian so that they order by it. */
#ifndef STORE_INDEX_KEY_H
#define STORE_INDEX_KEY_H

#include "store/inside.h"

enum { KEY_SIZE = 600 };

enum key_kind {
	KEY_ACCOUNT = 'a',
	KEY_MAILBOX = 'b',
	KEY_KEPT_MAILBOX = 'g', /* kept.c: batch that deleted it, mailbox */
	KEY_KEPT = 'k',         /* kept.c: batch that expunged it, message id of the block's first */
	KEY_SUBSCRIPTION = 'c',
	KEY_DEVICE = 'd', /* device_rows.c: 0 = the account's policy; 1, name */
	KEY_ROW = 'm',
	KEY_PURGED = 'p', /* purged.c, of account 0: segment */
	KEY_PASSED = 'x', /* aside.c, of account 0: account */
	KEY_STRUCTURE = 's',
	KEY_VANISHED = 'v'
};

struct key {
	char p[KEY_SIZE];
	size_t n;
};

static inline void put_be(char *dst, uint64_t v, size_t bytes)
{
	for (size_t i = bytes; i-- > 0; v >>= 8)
		dst[i] = (char)(v & 0xff);
}

static inline uint64_t get_be(const char *src, size_t bytes)
{
	uint64_t v = 0;

	for (size_t i = 0; i < bytes; i++)
		v = v << 8 | (unsigned char)src[i];
	return v;
}

static inline void key_add(struct key *k, uint64_t v, size_t bytes)
{
	put_be(k->p + k->n, v, bytes);
	k->n += bytes;
}

static inline struct key key_begin(uint64_t account, enum key_kind kind)
{
	struct key k;

	k.n = 0;
	key_add(&k, account, 8);
	key_add(&k, kind, 1);
	return k;
}

static inline struct span key_span(const struct key *k)
{
	return span(k->p, k->n);
}

static inline struct key mailbox_key(const struct mailbox *m, enum key_kind kind)
{
	struct key k = key_begin(m->account->id, kind);

	key_add(&k, m->id, 8);
	return k;
}

static inline struct key uid_key(const struct mailbox *m, enum key_kind kind, uint32_t uid)
{
	struct key k = mailbox_key(m, kind);

	key_add(&k, uid, 4);
	return k;
}

static inline struct key structure_key(const struct account *a, struct log_pos body)
{
	struct key k = key_begin(a->id, KEY_STRUCTURE);

	key_add(&k, body.segment, 4);
	key_add(&k, body.offset, 4);
	return k;
}

/* The first key past all that begin with `prefix`. */
static inline struct key key_past(struct key prefix)
{
	for (size_t i = prefix.n; i-- > 0;) {
		prefix.n = i + 1;
		if (++prefix.p[i])
			break;
	}
	return prefix;
}

/* A block's rows stand under the uid that it begins with; one that came alone, under its own uid and one byte more, so that it follows the
 * block that it belongs to. */
enum { BLOCK_KEY_SIZE = 21, SINGLE_KEY_SIZE = 22 };

static inline struct key block_key(const struct mailbox *m, uint32_t base)
{
	return uid_key(m, KEY_ROW, base);
}

static inline struct key single_key(const struct mailbox *m, uint32_t uid)
{
	struct key k = uid_key(m, KEY_ROW, uid);

	key_add(&k, 0, 1);
	return k;
}

#endif

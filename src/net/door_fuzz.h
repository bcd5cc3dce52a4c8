/* For the fuzzers of doors: a host without a network. The first octet of the input says how it answers what is asked of auth; the rest are pieces, each a
 * length octet and that many octets. Properties: a door never takes more than it was given, never more than its memory, and always ends. */
#ifndef NET_DOOR_FUZZ_H
#define NET_DOOR_FUZZ_H

#include <stdlib.h>

#include "net/door.h"

enum { DOOR_FUZZ_OUTPUT = 4 << 20 };

struct fuzzed_host {
	struct door_host face; /* first */
	const struct door_ops *ops;
	struct door_info info;
	struct door *door;
	struct buf written;
	unsigned char dice;
	enum { ASKED_NOTHING, ASKED_AUTH, ASKED_TLS, ASKED_ADDRESS } asked;
	bool over, poked;
};

static inline struct fuzzed_host *fuzzed(struct door_host *h)
{
	return (struct fuzzed_host *)h;
}

static inline void hold_door(bool property)
{
	if (!property)
		abort();
}

static inline const struct door_info *fuzzed_info(struct door_host *h)
{
	return &fuzzed(h)->info;
}
static inline void fuzzed_write(struct door_host *h, struct span bytes)
{
	buf_add(&fuzzed(h)->written, bytes);
	hold_door(!fuzzed(h)->written.over);
}
static inline void fuzzed_start_tls(struct door_host *h)
{
	fuzzed(h)->asked = ASKED_TLS;
}
static inline void fuzzed_authenticate(struct door_host *h, struct span mechanism, struct span initial)
{
	hold_door(mechanism.n > 0 && initial.n < 1 << 20);
	fuzzed(h)->asked = ASKED_AUTH;
}
static inline void fuzzed_respond(struct door_host *h, struct span response)
{
	hold_door(response.n < 1 << 20);
	fuzzed(h)->asked = ASKED_AUTH;
}
static inline void fuzzed_cancel(struct door_host *h)
{
	fuzzed(h)->asked = ASKED_AUTH;
}
static inline void fuzzed_login(struct door_host *h, struct span user, struct span password)
{
	hold_door(user.n + password.n < 1 << 20);
	fuzzed(h)->asked = ASKED_AUTH;
}
static inline void fuzzed_apop(struct door_host *h, struct span user, struct span timestamp, struct span digest)
{
	hold_door(user.n + timestamp.n + digest.n < 1 << 20);
	fuzzed(h)->asked = ASKED_AUTH;
}
static inline void fuzzed_resolve(struct door_host *h, struct span address)
{
	hold_door(address.n < 1 << 16);
	fuzzed(h)->asked = ASKED_ADDRESS;
}
static inline struct stream *fuzzed_delivery(struct door_host *h, uint32_t shard, void *ctx)
{
	(void)h;
	(void)shard;
	(void)ctx;
	return NULL;
}
static inline void fuzzed_poke(struct door_host *h)
{
	fuzzed(h)->poked = true;
}
static inline void fuzzed_close(struct door_host *h)
{
	fuzzed(h)->over = true;
}
static inline void fuzzed_deadline(struct door_host *h, uint64_t ms)
{
	(void)h;
	(void)ms;
}

static const struct door_host_ops fuzzed_ops = {
	.info = fuzzed_info,
	.write = fuzzed_write,
	.start_tls = fuzzed_start_tls,
	.authenticate = fuzzed_authenticate,
	.respond = fuzzed_respond,
	.cancel = fuzzed_cancel,
	.login = fuzzed_login,
	.apop = fuzzed_apop,
	.resolve = fuzzed_resolve,
	.delivery = fuzzed_delivery,
	.poke = fuzzed_poke,
	.close = fuzzed_close,
	.deadline = fuzzed_deadline,
};

/* What auth, or the handshake, says: by the dice. */
static inline void fuzzed_answer(struct fuzzed_host *h)
{
	static const enum fail fails[] = {FAIL_NONE, FAIL_AUTH, FAIL_UNAVAILABLE, FAIL_NOT_FOUND};
	struct recipient_answer answer = {.shard = h->dice & 3};
	enum fail f;
	int asked = h->asked;

	h->asked = ASKED_NOTHING;
	h->dice = (unsigned char)(h->dice * 5 + 17);
	f = fails[(h->dice >> 3) & 3];
	switch (asked) {
	case ASKED_AUTH:
		if (h->dice & 0x40) {
			h->ops->challenge(h->door, SPAN("a challenge"));
		} else {
			h->ops->auth_done(h->door, f, f ? "no" : "");
			h->over = !f;
		}
		return;
	case ASKED_TLS:
		h->info.tls = !f;
		h->info.tls_available = false;
		h->ops->secured(h->door, f);
		return;
	case ASKED_ADDRESS: h->ops->resolved(h->door, f, f ? NULL : &answer, f ? "no" : ""); return;
	default: return;
	}
}

static inline void fuzzed_give(struct fuzzed_host *h, struct span piece, struct buf *waiting)
{
	buf_add(waiting, piece);
	for (int turns = 0; turns < 100000 && !h->over; turns++) {
		size_t n = waiting->n ? h->ops->input(h->door, buf_span(waiting)) : 0;
		bool asked = h->asked != ASKED_NOTHING;

		hold_door(n <= waiting->n && turns < 99999);
		buf_consume(waiting, n);
		if (asked) {
			fuzzed_answer(h);
			continue;
		}
		if (!h->poked && !n)
			return;
		h->poked = false;
	}
}

static inline int door_fuzz(const struct door_ops *ops, const struct settings *settings, struct span in)
{
	struct fuzzed_host h = {.face = {&fuzzed_ops}, .ops = ops};
	struct buf waiting;

	if (in.n < 2)
		return 0;
	h.dice = (unsigned char)in.p[0];
	in = span_skip(in, 1);
	h.info = (struct door_info){.tls = h.dice & 1,
		.tls_available = !(h.dice & 1),
		.cleartext_ok = h.dice & 2,
		.hostname = "mail.example",
		.settings = settings};
	buf_init(&h.written, DOOR_FUZZ_OUTPUT);
	buf_init(&waiting, in.n + 1);
	h.door = ops->new (&h.face);
	hold_door(h.door != NULL);
	ops->start(h.door);
	while (in.n && !h.over) {
		size_t n = (unsigned char)in.p[0];

		in = span_skip(in, 1);
		fuzzed_give(&h, span_first(in, n), &waiting);
		in = span_skip(in, n < in.n ? n : in.n);
	}
	if (!h.over)
		h.dice & 4 ? ops->timeout(h.door) : ops->shutdown(h.door);
	ops->free(h.door);
	buf_fini(&waiting);
	buf_fini(&h.written);
	return 0;
}

#endif

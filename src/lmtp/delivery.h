/* The end of an LMTP connection in `mail`: writes each message once, and one batch for each recipient (RFC 2033 §4.2). */
#ifndef LMTP_DELIVERY_H
#define LMTP_DELIVERY_H

#include "net/stream.h"
#include "store/store.h"

struct settings;

/* What a delivery ticket stands for. */
struct lmtp_redeemed {
	uint64_t account;
	struct span detail; /* of user+detail, or "" */
};

struct lmtp_delivery;
/* Embedded by the delivery; the host calls `done` once, never from inside redeem(), unless cancel() was called first. */
struct lmtp_redeem {
	uint8_t ticket[16];
	void (*done)(struct lmtp_redeem *r, enum fail f, const struct lmtp_redeemed *what);
	void *host; /* the host's own */
};

struct lmtp_delivery_start {
	struct loop *loop;
	struct stream *
		stream; /* from front, made with relay_stream_limits (lmtp/wire/relay.h); the delivery owns it from here on */
	struct store *store;
	const struct settings *settings; /* valid until ended */
	const char *hostname;            /* for Received; likewise */
	void (*redeem)(void *ctx, struct lmtp_redeem *r);
	void (*cancel)(void *ctx, struct lmtp_redeem *r);
	/* A message has been delivered: for counters and the log. */
	void (*delivered)(void *ctx, uint64_t account, const char *session, struct span sender, uint64_t size,
		enum fail f, const char *log);
	void (*ended)(void *ctx, struct lmtp_delivery *d); /* over and freed */
	void *ctx;
};

struct lmtp_delivery *lmtp_delivery_start(const struct lmtp_delivery_start *start);
/* Ends soon; what has been acknowledged stays. */
void lmtp_delivery_stop(struct lmtp_delivery *d);

#endif

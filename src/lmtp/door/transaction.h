/* Inside of lmtp/door only: one mail transaction and the links to the deliveries that it goes to. */
#ifndef LMTP_DOOR_TRANSACTION_H
#define LMTP_DOOR_TRANSACTION_H

#include "lmtp/wire/path.h"
#include "lmtp/wire/relay.h"
#include "net/door.h"
#include "net/stream.h"

enum { LINKS_MAX = 8 /* shards */, TEXT_MAX = 200 };

struct transaction;

/* A stream to one shard's delivery; lives as long as the connection, through many transactions. */
struct link {
	struct transaction *owner; /* NULL once given up: it only waits for its stream to close */
	struct stream *stream;
	uint32_t shard;
	bool wanted; /* takes part in this transaction */
};

struct recipient {
	char *address;
	struct recipient_answer answer;
	bool answered;
	enum fail fail;
	char text[TEXT_MAX];
};

struct transaction_events {
	void (*room)(void *ctx);     /* content may go on */
	void (*answered)(void *ctx); /* every recipient has its result */
};

struct transaction {
	struct door_host *host;
	const struct transaction_events *events;
	void *ctx;
	struct link *links[LINKS_MAX];
	struct lmtp_path sender;
	struct recipient *recipients;
	uint32_t count, open; /* accepted; without a result */
	uint64_t size;        /* octets of content so far */
	bool utf8;            /* MAIL said SMTPUTF8 */
	bool begun;           /* content has started */
};

void transaction_init(struct transaction *t, struct door_host *h, const struct transaction_events *events, void *ctx);
/* Forgets sender and recipients; a delivery that has begun is aborted. Links stay. */
void transaction_reset(struct transaction *t);
void transaction_fini(struct transaction *t);

void transaction_add(struct transaction *t, struct span address, const struct recipient_answer *a);
/* Tells each shard concerned who it is for. Recipients whose shard cannot be reached get a result at once. */
void transaction_begin(struct transaction *t, struct span client, const struct door_info *info);
/* Whether another piece of RELAY_DATA_MAX octets may be sent; `room` follows when not. */
bool transaction_has_room(const struct transaction *t);
void transaction_content(struct transaction *t, struct span bytes);
/* The content is whole: results follow, `answered` when all are there (perhaps before this returns). */
void transaction_end(struct transaction *t);
/* The content is not wanted: every recipient without a result gets this one, nothing is delivered. */
void transaction_refuse(struct transaction *t, enum fail f, const char *text);

#endif

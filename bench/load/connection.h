/* One non-blocking connection of a client, plain or TLS, with quick acknowledgements: a client that delays them by
 * 40 ms measures itself. Fatal for what cannot happen to a client of a healthy server. */
#ifndef LOAD_CONNECTION_H
#define LOAD_CONNECTION_H

#include <openssl/ssl.h>

#include "base/buf.h"

struct connection {
	int fd; /* -1 = none */
	SSL *tls;
	bool shaking; /* the handshake goes on */
	bool reused;  /* it was a resumption */
	struct buf out;
};

enum { CONNECTION_OUT_MAX = 72 << 20 };

struct target {
	uint16_t port;
	SSL_CTX *tls;         /* NULL = plain */
	bool resume;          /* offer the last session of this process */
	SSL_SESSION *session; /* the last one */
};

void target_init(struct target *t, uint16_t port, bool tls, bool resume);
void target_fini(struct target *t);

void connection_init(struct connection *c);
void connection_open(struct connection *c, struct target *t);
/* Ends it, politely when it is TLS. */
void connection_close(struct connection *c);
/* Goes on with handshake and output. True: `out` is empty. False: wait until it can be written (or read, while shaking). */
bool connection_flush(struct connection *c);
/* Reads what there is into `in`. False at the end of the stream. */
bool connection_read(struct connection *c, struct buf *in);

#endif

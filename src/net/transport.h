/* Inside of the room net only: moving bytes between a socket and memory, plain or through TLS. No buffers, no policy. */
#ifndef NET_TRANSPORT_H
#define NET_TRANSPORT_H

#include "net/tls_context.h"

enum moved { MOVED_SOME, MOVED_WAIT, MOVED_END, MOVED_ERROR };

struct transport {
	int fd;
	SSL *ssl;              /* NULL = plain */
	bool read_wants_write; /* TLS needs the other direction first */
	bool write_wants_read;
	bool end_is_near; /* a read of TLS that gave bytes has also seen the end, or an error: the next read tells it */
	bool drained;     /* after MOVED_SOME of a read: the socket is very likely empty now */
};

/* MOVED_SOME: *n_out > 0 bytes. MOVED_WAIT: not now. MOVED_END: the peer has ended its side. MOVED_ERROR: text in `w`. */
enum moved transport_read(struct transport *t, void *dst, size_t n, size_t *n_out, struct why *w);
enum moved transport_write(struct transport *t, const void *src, size_t n, size_t *n_out, struct why *w);
/* There is something to be read that the socket will not announce (any more). */
bool transport_holds_more(const struct transport *t);
/* Goes on with the server's handshake. MOVED_SOME = it is over. */
enum moved transport_handshake(struct transport *t, struct why *w);
FAILS transport_secure(struct transport *t, struct tls_context *tls, struct why *w);
/* Tells the peer that no more comes. */
void transport_end(struct transport *t);
/* Reads and throws away what the kernel holds. */
void transport_drain(struct transport *t);
/* Numeric address of the peer; "unix" for a unix socket. */
void transport_peer_text(const struct transport *t, char *dst, size_t size);

#endif

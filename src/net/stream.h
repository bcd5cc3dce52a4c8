/* A byte stream over a connected socket (TCP or unix, any of them the same), plain or TLS, with bounded memory and back-pressure.
 *
 * Input is given to the owner as it comes; what it does not take is kept (up to `input_max`, then reading stops) and given again with more.
 * Output is buffered up to `output_max`: ask stream_room() before producing. An idle stream holds no buffers. */
#ifndef NET_STREAM_H
#define NET_STREAM_H

#include "base/buf.h"
#include "base/why.h"
#include "loop/loop.h"

struct stream;
struct tls_context;

struct stream_events {
	/* Returns how many of the bytes were taken (0 = need more, or not now). Called again when more has come, or after stream_poke. */
	size_t (*input)(void *ctx, struct span bytes);
	/* Output that was waiting has gone out and there is room again. May be NULL. */
	void (*writable)(void *ctx);
	/* The peer has ended its side, or the stream failed (text in `w`): nothing more will come, but bytes that were
	 * not taken yet stay (stream_pending) and are offered again after stream_poke. The owner calls stream_close. */
	void (*ended)(void *ctx, enum fail f, const struct why *w);
	/* After stream_close: output sent or given up, everything freed. The last call. May be NULL. */
	void (*closed)(void *ctx);
	/* The handshake of stream_start_tls is over (FAIL_NONE or not). May be NULL where TLS is never started. */
	void (*secured)(void *ctx, enum fail f, const struct why *w);
};

struct stream_limits {
	size_t input_max;  /* the longest run of bytes that `input` can be shown at once */
	size_t output_max; /* hard cap of buffered output */
	bool quick_ack; /* TCP: acknowledge at once what no answer follows (for IMAP's literals), rather than 40 ms later */
};

/* Takes over `fd` (non-blocking from here on). Reading starts on the next turn: `events` may be NULL when stream_set_owner follows at once. */
struct stream *stream_new(
	struct loop *l, int fd, const struct stream_limits *limits, const struct stream_events *events, void *ctx);
/* Bytes that came before the stream was ours: offered before anything that is read. At most input_max, before any input. */
enum fail stream_preload(struct stream *s, struct span bytes);
/* Replaces owner and events; bytes that were kept are offered to the new owner on the next turn, and then it is told (again) if the
 * peer has ended its side. */
void stream_set_owner(struct stream *s, const struct stream_events *events, void *ctx);

/* Queues bytes. FAIL_TOO_BIG, nothing queued: past output_max (a bug of a producer that did not ask stream_room). */
enum fail stream_write(struct stream *s, struct span bytes);
/* The same, but what the socket takes goes out at once, uncopied: for bytes that are a batch already. No event comes from inside. */
enum fail stream_send(struct stream *s, struct span bytes);
size_t stream_room(const struct stream *s); /* bytes that may be queued without passing the soft mark (64 KB) */
size_t stream_unsent(const struct stream *s);
void stream_flush(struct stream *s); /* send now rather than at the end of the turn */

/* Stops and goes on reading (back-pressure). */
void stream_pause(struct stream *s);
void stream_resume(struct stream *s);
/* Offers the kept bytes to `input` again on the next turn. */
void stream_poke(struct stream *s);
struct span stream_pending(const struct stream *s); /* bytes that came and were not taken */

/* Closes after the queued output has been sent, at most `linger_ms` later; 0 = at once. No `input` or `ended` follows. */
void stream_close(struct stream *s, uint64_t linger_ms);

/* Ends our side only, once the queued output has been sent; input goes on. */
void stream_end_output(struct stream *s);

/* Takes the server's side of a handshake. On a stream that has been written to (STARTTLS) it first sends what is queued, and DROPS every
 * byte that has come so far: nothing pipelined before a handshake survives it (RFC 3501 §6.2.1, RFC 2595 §4). `tls` is ref'd. */
void stream_start_tls(struct stream *s, struct tls_context *tls);
/* Gives the connection away: for a plain stream whose output is all sent, its own socket; for TLS (or else) one end of a new socketpair that
 * the stream goes on relaying to and from, by itself, until either side ends. `pending_out` gets the bytes that came and were not taken. The
 * caller owns *fd_out and must not use `s` any more; `closed` is called when the relay has ended, or at once for a plain socket. */
FAILS stream_give_away(struct stream *s, int *fd_out, struct buf *pending_out, struct why *w);

/* Numeric peer address, "unix" for unix sockets. */
void stream_peer_text(const struct stream *s, char *dst, size_t size);
bool peer_is_loopback(const char *peer_text); /* or a unix socket */

#endif

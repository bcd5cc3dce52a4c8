/* A channel between two processes: whole messages (codec.h) in order over a SOCK_SEQPACKET pair, each with at most one file descriptor.
 * Never waits: what the kernel does not take is queued up to a bound. A peer that ends, or that sends what is no message, is gone. */
#ifndef PROC_CHANNEL_H
#define PROC_CHANNEL_H

#include "loop/loop.h"
#include "proc/codec.h"

enum { CHANNEL_QUEUE_MAX = 8 << 20 /* octets */ };

struct channel;

struct channel_events {
	/* `fd` is the receiver's from here on, -1 = none came. Spans in `m` live until the call returns. channel_close is allowed inside. */
	void (*message)(void *ctx, const struct msg *m, int fd);
	/* Nothing more comes and nothing more can be sent; called once, from the loop. The owner calls channel_close, inside or later. */
	void (*gone)(void *ctx, const char *how);
};

/* Two connected ends, close-on-exec and non-blocking. FAIL_LIMIT when no descriptors are left. */
FAILS channel_pair(int fds[2]);

/* Takes `fd` over. */
struct channel *channel_new(struct loop *l, int fd, const struct channel_events *events, void *ctx);
/* Sends or queues a copy; `fd` (or -1) is taken over in every case. FAIL_CLOSED: the peer is gone; FAIL_LIMIT: the queue is full;
 * FAIL_TOO_BIG, FAIL_CANNOT: as msg_encode. */
FAILS channel_send(struct channel *c, const struct msg *m, int fd);
size_t channel_unsent(const struct channel *c);
/* Tries for a moment (at most `ms`) to send what is queued: for a last word before the process ends. */
void channel_flush(struct channel *c, int ms);
/* Drops what is queued; no event follows. NULL is fine. */
void channel_close(struct channel *c);

#endif

/* The other end of a session, over a socket pair, in the same thread: asks, turns the loop when there is something to do
 * (never else: an idle turn would count), and keeps what comes. */
#ifndef COUNTS_PEER_H
#define COUNTS_PEER_H

#include "loop/loop.h"
#include "net/stream.h"
#include "store/store.h"

struct peer {
	struct loop *loop;
	int fd;
	struct buf in;
};

NORETURN void die(const char *fmt, ...) PRINTF(1, 2);

/* A new pair: `*stream_out` is the server's end. */
void peer_open(struct peer *p, struct loop *loop, const struct stream_limits *limits, struct stream **stream_out);
void peer_close(struct peer *p);
/* Sends `bytes` and turns the loop until what came ends in `end` and has `times` times `word`; dies when it takes 60 s. */
void peer_ask(struct peer *p, struct span bytes, const char *end, const char *word, unsigned times);
/* One turn once there is something to do. */
void peer_turn(struct peer *p, struct loop *loop);

#endif

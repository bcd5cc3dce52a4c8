/* Inside of the room net only: a stream that goes on carrying bytes for a process that got the other end of a socketpair. */
#ifndef NET_RELAY_H
#define NET_RELAY_H

#include "net/stream.h"

/* `outer` belongs to the relay from here on. The owner's `closed` is still called when all has ended. */
FAILS relay_start(struct loop *l, struct stream *outer, int *fd_out, struct why *w);

#endif

/* Inside of the room net only: who owns a stream just now. */
#ifndef NET_STREAM_OWNER_H
#define NET_STREAM_OWNER_H

#include "net/stream.h"

void stream_owner(const struct stream *s, const struct stream_events **events_out, void **ctx_out);

#endif

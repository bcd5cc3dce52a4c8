/* LMTP (RFC 2033), all of its dialogue; runs in `front`. Bodies are streamed on to the shards' deliveries, never kept. */
#ifndef LMTP_DOOR_DOOR_H
#define LMTP_DOOR_DOOR_H

#include "net/door.h"

extern const struct door_ops lmtp_door_ops;

#endif

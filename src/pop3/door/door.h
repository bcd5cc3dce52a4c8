/* POP3 before login: the AUTHORIZATION state of RFC 1939 §4, with STLS (RFC 2595) and AUTH (RFC 5034). Runs in `front`. */
#ifndef POP3_DOOR_DOOR_H
#define POP3_DOOR_DOOR_H

#include "net/door.h"

extern const struct door_ops pop3_door_ops;

#endif

/* IMAP before login: what `front` links of it. RFC 3501 §6.1, §6.2; 2971, 4959, 5530, 7888. Knows no mail. */
#ifndef IMAP_DOOR_DOOR_H
#define IMAP_DOOR_DOOR_H

#include "net/door.h"

extern const struct door_ops imap_door_ops;

#endif

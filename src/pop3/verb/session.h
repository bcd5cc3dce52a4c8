/* POP3 after login: the TRANSACTION and UPDATE states of RFC 1939. Runs in `mail`. */
#ifndef POP3_VERB_SESSION_H
#define POP3_VERB_SESSION_H

#include "net/session.h"

extern const struct session_ops pop3_session_ops;

#endif

# RFC 2449 §4: the same after login; the session lives on or ends
@pop3 login
@may-close a server may end such a session, and its last words may be lost with it
C: NOOP ${x*100000}
S: -ERR...

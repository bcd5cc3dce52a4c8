# RFC 5321 §4.5.3.1.4: a command line beyond the limit is 500, and the session lives on or ends
@lmtp login
@may-close a server may end such a session, and its last words may be lost with it
C: NOOP ${x*100000}
S: ${|500|421} ...

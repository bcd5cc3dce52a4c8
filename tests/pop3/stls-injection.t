# RFC 2595 §4, RFC 7457 §2.2: what was pipelined behind STLS in the clear is never executed
@pop3
@modes whole slow
@not dovecot: it closes the connection when anything comes behind STLS before the handshake
S: +OK ...
C: STLS
C: USER ${user}
S: +OK...
@tls
C: PASS ${password}
S: -ERR...

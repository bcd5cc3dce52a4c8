# RFC 6856 §7: what was agreed in the clear does not hold inside TLS
@pop3
@not dovecot: it has no LANG
S: +OK ...
C: LANG ar
S: +OK ar ...
C: STLS
S: +OK...
@tls
C: NOOP
S: -ERR log in first

# RFC 6856 §3.2: LANG * is the language that the administrator prefers
@pop3
@not dovecot: it has no LANG
@with pop3_language = fr
S: +OK ...
C: NOOP
S: -ERR log in first
C: LANG *
S: +OK fr ...

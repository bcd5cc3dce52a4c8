# RFC 6856 §2: UTF8 is valid before login only
@pop3 login
@not dovecot: it has no UTF8
C: UTF8
S: -ERR...
C: NOOP
S: +OK...

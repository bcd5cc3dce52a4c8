# RFC 5034 §4: AUTH is valid in the AUTHORIZATION state only
@pop3 login
C: AUTH PLAIN ${plain}
S: -ERR...
C: STAT
S: +OK 0 0

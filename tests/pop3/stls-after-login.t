# RFC 2595 §4: STLS is valid in the AUTHORIZATION state only
@pop3 login
C: STLS
S: -ERR...
C: STAT
S: +OK 0 0

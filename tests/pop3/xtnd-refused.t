# RFC 1082: there are no bulletin boards
@pop3 login
C: XTND BBOARDS
S: -ERR...
C: XTND ARCHIVE system
S: -ERR...
C: STAT
S: +OK 0 0

# RFC 1939 §5: USER is not valid in the TRANSACTION state
@pop3 login
C: USER ${user}
S: -ERR...
C: PASS ${password}
S: -ERR...
C: STAT
S: +OK 0 0

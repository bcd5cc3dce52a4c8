# RFC 7888 §3: the literal of a refused command is not taken for commands
@imap login
@not dovecot: it takes the literal of an unknown command for commands
C: a WEATHER {10+}
C| b LOGOUT
C: 
C: c NOOP
S: a BAD ...
S?: ${|*|a} BAD ...
S: c OK ...

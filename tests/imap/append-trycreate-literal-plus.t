# RFC 3501 §6.3.11: TRYCREATE where the literal is on its way already: the literal is not taken for commands
@imap login
@needs LITERAL+
C: a APPEND nowhere {+}
C| b LOGOUT
C| c LOGOUT
C:
C: d NOOP
S: a NO [TRYCREATE] ...
S: d OK ...

# RFC 3501 §6.5.1: XPOP is for an administrator's own session: to others it is unknown, also before login
@imap
@only barid: the words for an unknown command are its own
S: * OK ...
C: a XPOP STATUS
S: a BAD Unknown command
C: b LOGIN ${user} ${password}
S: b OK ...
C: c XPOP FORGET ""
S: c BAD Unknown command

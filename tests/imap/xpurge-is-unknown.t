# RFC 3501 §6.5.1: XPURGE is for an administrator's own session: nobody's mail goes for good by IMAP
@imap login
@only barid: the words for an unknown command are its own
C: a XPURGE ALL
S: a BAD Unknown command

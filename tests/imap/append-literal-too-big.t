# RFC 3501 §6.3.11, RFC 7889 §4: a literal beyond the limit is refused before its continuation, and the session lives on
@imap login
@only barid: a stock Dovecot has no limit for one message
C: a APPEND INBOX {4000000000}
S: a NO [TOOBIG] ...
C: b NOOP
S: b OK ...
C: c STATUS INBOX (MESSAGES)
S: * STATUS "INBOX" (MESSAGES 0)
S: c OK ...

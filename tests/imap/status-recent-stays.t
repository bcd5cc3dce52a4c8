# RFC 3501 §6.3.10: STATUS takes \Recent from no message
@imap login
@deliver simple.eml
C: a STATUS INBOX (MESSAGES RECENT)
S: * STATUS "INBOX" ~(MESSAGES 1, RECENT 1)
S: a OK ...
C: b SELECT INBOX
S*: * 1 EXISTS
S*: * 1 RECENT
S*: ...
S: b OK ...
C: c FETCH 1 FLAGS
S: * 1 FETCH (FLAGS (\Recent))
S: c OK ...

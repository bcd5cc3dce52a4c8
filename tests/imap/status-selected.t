# RFC 3501 §6.3.10: STATUS of the selected mailbox is discouraged, not forbidden
@imap select INBOX
@append INBOX simple.eml
C: a STATUS INBOX (MESSAGES UNSEEN)
S: ...
S: * STATUS "INBOX" ~(MESSAGES 1, UNSEEN 1)
S: a OK ...

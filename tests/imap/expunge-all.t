# RFC 3501 §6.4.3: a mailbox emptied to the last message
@imap select INBOX
@append INBOX simple.eml
@append INBOX dots.eml
@append INBOX nested.eml
C: a STORE 1:* +FLAGS.SILENT (\Deleted)
S: a OK ...
C: b EXPUNGE
S: * ${x:number} EXPUNGE
S: * ${y:number} EXPUNGE
S: * ${z:number} EXPUNGE
S: b OK ...
C: c SEARCH ALL
S: * SEARCH
S: c OK ...
C: d STATUS INBOX (MESSAGES UIDNEXT)
S: * STATUS "INBOX" ~(MESSAGES 0, UIDNEXT 4)
S: d OK ...

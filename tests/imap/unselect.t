# RFC 3691 §2: UNSELECT leaves the selected state without expunging
@imap select INBOX
@append INBOX simple.eml (\Deleted)
C: a UNSELECT
S: a OK ...
C: b FETCH 1 FLAGS
S: b BAD ...
C: c STATUS INBOX (MESSAGES)
S: * STATUS "INBOX" (MESSAGES 1)
S: c OK ...

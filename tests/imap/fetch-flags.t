# RFC 3501 §6.4.5: FETCH FLAGS, one item without parentheses
@imap select INBOX
@append INBOX simple.eml (\Seen $Label)
C: a FETCH 1 FLAGS
S: * 1 FETCH (FLAGS ~(\Seen $Label ?\Recent))
S: a OK ...

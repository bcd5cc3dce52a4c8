# RFC 3501 §6.4.6: STORE FLAGS replaces the flags and answers them
@imap select INBOX
@append INBOX simple.eml (\Seen \Flagged)
C: a STORE 1 FLAGS (\Answered)
S: * 1 FETCH (FLAGS ~(\Answered ?\Recent))
S: a OK ...
C: b FETCH 1 FLAGS
S: * 1 FETCH (FLAGS ~(\Answered ?\Recent))
S: b OK ...

# RFC 3501 §6.4.6: STORE -FLAGS takes away
@imap select INBOX
@append INBOX simple.eml (\Seen \Flagged)
C: a STORE 1 -FLAGS (\Flagged \Draft)
S: * 1 FETCH (FLAGS ~(\Seen ?\Recent))
S: a OK ...

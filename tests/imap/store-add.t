# RFC 3501 §6.4.6: STORE +FLAGS adds
@imap select INBOX
@append INBOX simple.eml (\Seen)
C: a STORE 1 +FLAGS (\Answered \Seen)
S: * 1 FETCH (FLAGS ~(\Answered \Seen ?\Recent))
S: a OK ...

# RFC 3501 §6.4.6: STORE of several messages answers each
@imap select INBOX
@append INBOX simple.eml
@append INBOX dots.eml
@append INBOX nested.eml
C: a STORE 1:* +FLAGS (\Flagged)
S*: * 1 FETCH (FLAGS ~(\Flagged ?\Recent))
S*: * 2 FETCH (FLAGS ~(\Flagged ?\Recent))
S*: * 3 FETCH (FLAGS ~(\Flagged ?\Recent))
S: a OK ...

# RFC 3501 §7.4.2: a flag set by one session shows on the other
@imap select INBOX
@append INBOX simple.eml
@append INBOX dots.eml
@append INBOX nested.eml
C2: a STORE 2 +FLAGS (\Answered \Seen)
S2: * 2 FETCH (FLAGS ~(\Answered \Seen ?\Recent))
S2: a OK ...
C: b NOOP
S: ...
S: * 2 FETCH ~(FLAGS ~(\Answered \Seen ?\Recent), ?UID 2)
S: b OK ...

# RFC 3501 §7.1: UNSEEN names the first message without \Seen
@imap login
@append INBOX simple.eml (\Seen)
@append INBOX dots.eml (\Seen)
@append INBOX nested.eml
@append INBOX simple.eml
C: a SELECT INBOX
S*: * 4 EXISTS
S*: * OK [UNSEEN 3] ...
S*: ...
S: a OK [READ-WRITE] ...

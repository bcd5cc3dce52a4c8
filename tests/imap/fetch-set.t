# RFC 3501 §9 sequence-set: lists, ranges either way round, `*`
@imap select INBOX
@append INBOX simple.eml
@append INBOX dots.eml
@append INBOX nested.eml
@append INBOX arabic.eml
C: a FETCH 4,1:2 UID
S*: * 1 FETCH (UID 1)
S*: * 2 FETCH (UID 2)
S*: * 4 FETCH (UID 4)
S: a OK ...
C: b FETCH *:3 UID
S*: * 3 FETCH (UID 3)
S*: * 4 FETCH (UID 4)
S: b OK ...
C: c FETCH * UID
S: * 4 FETCH (UID 4)
S: c OK ...

# RFC 3501 §9 sequence-set: what a set names twice is the same message; overlaps are coalesced
@imap select INBOX
@append INBOX simple.eml
@append INBOX dots.eml
@append INBOX nested.eml
C: a FETCH 2:3,*:1,3 UID
S*: * 1 FETCH (UID 1)
S*: * 2 FETCH (UID 2)
S*: * 3 FETCH (UID 3)
S: a OK ...

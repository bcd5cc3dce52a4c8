# RFC 3501 §6.4.8: UID SEARCH answers UIDs
@imap select INBOX
@append INBOX simple.eml (\Deleted)
@append INBOX dots.eml (\Seen)
@append INBOX nested.eml
C: a EXPUNGE
S: * 1 EXPUNGE
S: a OK ...
C: b UID SEARCH ALL
S: * SEARCH ~<2 3>
S: b OK ...
C: c UID SEARCH SEEN
S: * SEARCH 2
S: c OK ...
C: d UID SEARCH 1
S: * SEARCH 2
S: d OK ...
C: e UID SEARCH UID 3
S: * SEARCH 3
S: e OK ...
C: f SEARCH UID 3
S: * SEARCH 2
S: f OK ...

# RFC 3501 §6.4.8: UID FETCH goes by UIDs and always answers UID
@imap select INBOX
@append INBOX simple.eml (\Deleted)
@append INBOX dots.eml
@append INBOX nested.eml
C: a EXPUNGE
S: * 1 EXPUNGE
S: a OK ...
C: b UID FETCH 2:3 RFC822.SIZE
S: * 1 FETCH ~(UID 2, RFC822.SIZE ${size_dots})
S: * 2 FETCH ~(UID 3, RFC822.SIZE ${size_nested})
S: b OK ...
C: c UID FETCH 2 (UID FLAGS)
S: * 1 FETCH ~(UID 2, FLAGS ~(?\Recent))
S: c OK ...

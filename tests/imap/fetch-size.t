# RFC 3501 §6.4.5: FETCH RFC822.SIZE is exact
@imap select INBOX
@append INBOX simple.eml
@append INBOX dots.eml
@append INBOX nested.eml
C: a FETCH 1:3 RFC822.SIZE
S: * 1 FETCH (RFC822.SIZE ${size_simple})
S: * 2 FETCH (RFC822.SIZE ${size_dots})
S: * 3 FETCH (RFC822.SIZE ${size_nested})
S: a OK ...

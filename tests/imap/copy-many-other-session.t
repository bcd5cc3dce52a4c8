# RFC 3501 §5.2: copies show in the target's other sessions all at once
@imap select INBOX
@C2 imap select Archive
@append INBOX simple.eml
@append INBOX dots.eml
@append INBOX nested.eml
C: a COPY 1:* Archive
S: a OK [COPYUID ${v:number} 1:3 1:3] ...
C2: b NOOP
S2*: * 3 EXISTS
S2*: ...
S2: b OK ...
C2: c FETCH 1:3 RFC822.SIZE
S2: * 1 FETCH (RFC822.SIZE ${size_simple})
S2: * 2 FETCH (RFC822.SIZE ${size_dots})
S2: * 3 FETCH (RFC822.SIZE ${size_nested})
S2: c OK ...

# RFC 3501 §9: items and section names are case-insensitive
@imap select INBOX
@append INBOX dots.eml
C: a fetch 1 (uid body.peek[text]<0.4> rfc822.size)
S: * 1 FETCH ~(UID 1, BODY[TEXT]<0> ".one", RFC822.SIZE ${size_dots})
S: a OK ...

# RFC 3501 §6.4.5: broken mail never fails a FETCH
@imap select INBOX
@append INBOX broken.eml
C: a FETCH 1 (ENVELOPE BODYSTRUCTURE BODY RFC822.SIZE)
S: * 1 FETCH ...
S: a OK ...
C: b FETCH 1 BODY.PEEK[]
S: * 1 FETCH (BODY[] {}
S< broken.eml
S: )
S: b OK ...

# RFC 3501 §7.4.2: ENVELOPE of a message without any field is NIL throughout
@imap select INBOX
@append INBOX noheader.eml
C: a FETCH 1 ENVELOPE
S: * 1 FETCH (ENVELOPE (NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL))
S: a OK ...

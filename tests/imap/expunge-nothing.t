# RFC 3501 §6.4.3: EXPUNGE with nothing to expunge
@imap select INBOX
@append INBOX simple.eml
@append INBOX dots.eml
@append INBOX nested.eml
C: a EXPUNGE
S: a OK ...

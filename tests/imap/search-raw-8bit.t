# RFC 3501 §6.4.4: a header in raw UTF-8 is found like an encoded one
@imap select INBOX
@append INBOX raw8bit.eml
@append INBOX simple.eml
C: a SEARCH CHARSET UTF-8 SUBJECT {+}
C| بريد\
C:
S: * SEARCH 1
S: a OK ...

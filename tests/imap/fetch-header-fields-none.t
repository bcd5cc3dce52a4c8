# RFC 3501 §6.4.5: where no field fits, the empty line alone is left
@imap select INBOX
@append INBOX simple.eml
C: a FETCH 1 BODY.PEEK[HEADER.FIELDS (X-None)]
S: * 1 FETCH (BODY[HEADER.FIELDS (${|X-None|X-NONE})] {}
S|
S: )
S: a OK ...

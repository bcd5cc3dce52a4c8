# RFC 3501 §7.4.2: BODY is BODYSTRUCTURE without extension data
@imap select INBOX
@append INBOX simple.eml
C: a FETCH 1 BODY
S: * 1 FETCH (BODY ("${|TEXT|text}" "${|PLAIN|plain}" ("${|CHARSET|charset}" "${|US-ASCII|us-ascii}") NIL NIL "${|7BIT|7bit}" 55 1))
S: a OK ...

# RFC 3501 §6.4.5: BODY[TEXT] is what follows the header
@imap select INBOX
@append INBOX dots.eml
C: a FETCH 1 BODY.PEEK[TEXT]
S: * 1 FETCH (BODY[TEXT] {}
S| .one dot
S| ..two dots
S| .
S| \x2e.. three
S| end
S: )
S: a OK ...

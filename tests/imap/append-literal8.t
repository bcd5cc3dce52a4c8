# RFC 3516 §4.4: a message as literal8, with octets that a literal may not have
@imap select INBOX
@needs BINARY
C: a APPEND INBOX ~{}
S: + ...
C| Subject: nul
C|
C| a\x00b
C:
S: ...
S: a OK [APPENDUID ${v:number} 1] ...
C: b FETCH 1 RFC822.SIZE
S: * 1 FETCH (RFC822.SIZE 21)
S: b OK ...

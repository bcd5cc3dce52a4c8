# RFC 3516 §4.3: a transfer encoding that is not known is NO [UNKNOWN-CTE]; the other parts can be had
@imap select INBOX
@needs BINARY
@not dovecot: it passes over the item and says OK
@append INBOX strange-encoding.eml
C: a FETCH 1 BINARY.PEEK[1]
S?: * 1 FETCH (BINARY[1] NIL)
S: a NO [UNKNOWN-CTE] ...
C: b FETCH 1 BINARY.SIZE[2]
S: * 1 FETCH (BINARY.SIZE[2] 46)
S: b OK ...

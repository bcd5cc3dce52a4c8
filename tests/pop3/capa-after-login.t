# RFC 2449 §5: CAPA after login
@pop3 login
C: CAPA
S: +OK...
S*: TOP
S*: UIDL
S*: PIPELINING
S*: RESP-CODES
S*: ...
S: .

# RFC 2449 §5, RFC 2595 §4, RFC 5034 §3: CAPA before login lists STLS, USER, SASL and the rest
@pop3
S: +OK ...
C: CAPA
S: +OK...
S*: TOP
S*: UIDL
S*: USER
S*: STLS
S*: PIPELINING
S*: RESP-CODES
S*: SASL ~<PLAIN LOGIN ...>
S*: ...
S: .

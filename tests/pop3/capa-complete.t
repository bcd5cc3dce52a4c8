# RFC 2449 §5: all thirteen registered capabilities are there when they are wanted
@pop3
@only barid: it has all
@with pop3_login_delay = 1s
S: +OK ...
C: CAPA
S: +OK...
S*: TOP
S*: USER
S*: SASL PLAIN LOGIN
S*: RESP-CODES
S*: LOGIN-DELAY 1
S*: PIPELINING
S*: EXPIRE 0 USER
S*: UIDL
S*: IMPLEMENTATION Barid
S*: STLS
S*: AUTH-RESP-CODE
S*: UTF8 USER
S*: LANG
S: .

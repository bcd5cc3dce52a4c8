# RFC 2449 §5: each listener has its own capabilities that are switched off: not listed, and their commands are unknown, before the login and after
@pop3
@only barid: a setting of its own
@with pop3_capabilities_off = TOP, uidl PIPELINING LANG SASL
@with pop3s_capabilities_off = UTF8
@deliver simple.eml
@C2 pop3s
S: +OK ...
S2: +OK ...
C: CAPA
S!: TOP
S!: UIDL
S!: PIPELINING
S!: LANG
S!: SASL...
S: +OK...
S: USER
S: ...
S: UTF8 USER
S: .
C2: CAPA
S2!: UTF8...
S2: +OK...
S2: TOP
S2: ...
S2: LANG
S2: .
C: AUTH PLAIN
S: -ERR unknown command
C: LANG
S: -ERR unknown command
C: TOP 1 0
S: -ERR unknown command
C2: UTF8
S2: -ERR unknown command
C2: TOP 1 0
S2: -ERR log in first
C: STLS
S: +OK...
@tls
C: USER ${user}
S: +OK...
C: PASS ${password}
S: +OK...
C2: USER ${user}
S2: +OK...
C2: PASS ${password}
S2: +OK...
C: TOP 1 0
S: -ERR unknown command
C: UIDL
S: -ERR unknown command
C: LANG *
S: -ERR unknown command
C: CAPA
S!: TOP
S!: UIDL
S: +OK...
S: USER
S: ...
S: .
C2: UIDL 1
S2: +OK 1 ...
C2: TOP 1 0
S2: +OK...
S2: ...
S2: .
C2: CAPA
S2!: UTF8...
S2: +OK...
S2: TOP
S2: ...
S2: .

# RFC 1939 §7: a message's unique-id is the same in every session, also when those before it went away
@pop3 login
@C2 pop3 login
@append INBOX simple.eml
@append INBOX dots.eml
@append INBOX nested.eml
C: UIDL
S: +OK...
S: 1 ${u1}
S: 2 ${u2}
S: 3 ${u3}
S: .
C: DELE 1
S: +OK...
C: QUIT
S: +OK...
@closed
@drop
C: UIDL
S: +OK...
S: 1 ${u2}
S: 2 ${u3}
S: .

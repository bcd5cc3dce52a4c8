# RFC 1939 §7: unique-ids differ, and are 1 to 70 characters of 0x21 to 0x7e
@pop3 login
@append INBOX simple.eml
@append INBOX dots.eml
@append INBOX nested.eml
C: UIDL
S: +OK...
S: 1 ${u1}
S: 2 ${u2}
S: 3 ${u3}
S: .
@check ${u1} != ${u2}
@check ${u2} != ${u3}
C: UIDL 2
S: +OK 2 ${u2}

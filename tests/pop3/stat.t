# RFC 1939 §5: STAT counts messages and CRLF octets exactly
@pop3 login
@append INBOX simple.eml
@append INBOX dots.eml
@append INBOX nested.eml
C: STAT
S: +OK 3 ${total:number}
C: LIST
S: +OK...
S: 1 ${size_simple}
S: 2 ${size_dots}
S: 3 ${size_nested}
S: .
@check ${size_simple} > 0

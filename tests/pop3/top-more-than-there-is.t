# RFC 1939 §7: TOP of more lines than there are gives the whole message
@pop3 login
@append INBOX nested.eml
C: TOP 1 100000
S: +OK...
S.< nested.eml

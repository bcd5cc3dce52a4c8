# RFC 1939 §5: RETR gives the message byte for byte
@pop3 login
@append INBOX nested.eml
C: RETR 1
S: +OK ...
S.< nested.eml

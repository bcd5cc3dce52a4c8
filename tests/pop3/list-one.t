# RFC 1939 §5: LIST of one message
@pop3 login
@append INBOX simple.eml
@append INBOX dots.eml
@append INBOX nested.eml
C: LIST 2
S: +OK 2 ${size_dots}${| ...|}

# RFC 1939 §6: a session that ends without QUIT deletes nothing
@pop3 login
@append INBOX simple.eml
@append INBOX dots.eml
@append INBOX nested.eml
@C2 imap login
C: DELE 1
S: +OK...
C: DELE 2
S: +OK...
@drop
C: STAT
S: +OK 3 ${n:number}
C2: a STATUS INBOX (MESSAGES)
S2: * STATUS "INBOX" (MESSAGES 3)
S2: a OK ...

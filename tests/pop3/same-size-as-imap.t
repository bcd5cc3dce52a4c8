# RFC 1939 §11: LIST and RFC822.SIZE agree, also for what came by LMTP
@pop3 login
@C2 imap select INBOX
@deliver nested.eml
C2: a FETCH 1 RFC822.SIZE
S2: * 1 FETCH (RFC822.SIZE ${size:number})
S2: a OK ...
C: LIST 1
S: +OK 1 ${size}${| ...|}

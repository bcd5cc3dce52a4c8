# RFC 3501 §2.3.2: at most one session is told that a message is recent
@imap login
@deliver simple.eml
C: a SELECT INBOX
S*: * 1 EXISTS
S*: * ${r1:number} RECENT
S*: ...
S: a OK ...
C2: b SELECT INBOX
S2*: * 1 EXISTS
S2*: * ${r2:number} RECENT
S2*: ...
S2: b OK ...
@check ${r2} == 0

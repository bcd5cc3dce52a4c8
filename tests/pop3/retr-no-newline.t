# RFC 1939 §5: a message without a line end at its end gets one before the dot
@pop3 login
@C2 imap login
C2: a APPEND INBOX {19}
S2: + ...
C2: Subject: x\x0d\x0a\x0d\x0abody!
S2: ...
S2: a ${|OK|NO|BAD} ...
C: QUIT
S: +OK...
@drop
C: RETR 1
S: +OK ...
S: Subject: x
S:
S: body!
S: .

# RFC 6855 §3: a session that has not enabled it sees modified UTF-7
@imap login
@C2 imap login
@needs UTF8=ACCEPT
C: a ENABLE UTF8=ACCEPT
S: * ENABLED UTF8=ACCEPT
S: a OK ...
C: b CREATE "بريد"
S: b OK ...
C2: c LIST "" "&BigGMQZKBi8-"
S2: * LIST (...) "/" "&BigGMQZKBi8-"
S2: c OK ...

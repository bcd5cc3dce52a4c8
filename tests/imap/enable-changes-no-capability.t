# RFC 5161 §3.1: ENABLE changes nothing of what CAPABILITY lists
@imap login
@needs UTF8=ACCEPT
C: a CAPABILITY
S: * CAPABILITY ${list:text}
S: a OK ...
C: b ENABLE UTF8=ACCEPT
S: * ENABLED UTF8=ACCEPT
S: b OK ...
C: c CAPABILITY
S: * CAPABILITY ${list}
S: c OK ...

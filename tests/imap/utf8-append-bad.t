# RFC 6855 §4: without its closing parenthesis nothing is stored
@imap select INBOX
@needs UTF8=ACCEPT
C: a ENABLE UTF8=ACCEPT
S: * ENABLED UTF8=ACCEPT
S: a OK ...
C: b APPEND INBOX UTF8 (~{}
S: + ...
C| Subject: x
C|
C| x
C:
S: b BAD ...
C: c STATUS INBOX (MESSAGES)
S: * STATUS INBOX (MESSAGES 0)
S: c OK ...

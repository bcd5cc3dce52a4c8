# RFC 3502 §3: what stands between two messages must be flags, a date and a literal; else nothing is stored
@imap select INBOX
@needs MULTIAPPEND
@not dovecot: it asks for the literal before it says BAD
C: a APPEND INBOX {}
S: + ...
C| Subject: one
C|
C| 1
C:  nonsense {10}
S: a BAD ...
C: b STATUS INBOX (MESSAGES)
S: * STATUS "INBOX" (MESSAGES 0)
S: b OK ...
C: c APPEND INBOX {}
S: + ...
C| Subject: one
C|
C| 1
C:  {0}
S: ...
S: c ${|NO|BAD} ...
C: d STATUS INBOX (MESSAGES)
S: * STATUS "INBOX" (MESSAGES 0)
S: d OK ...

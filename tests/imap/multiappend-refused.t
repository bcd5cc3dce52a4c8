# RFC 3502 §3: all or none: the second message is too large, so the first is not there either
@imap select INBOX
@only barid: a stock Dovecot has no limit for one message
@with message_size_max = 2k
C: a APPEND INBOX {}
S: + ...
C| Subject: one
C|
C| 1
C:  (\Seen) {4000}
S: a NO [TOOBIG] ...
C: b STATUS INBOX (MESSAGES)
S: * STATUS INBOX (MESSAGES 0)
S: b OK ...
C: c APPEND INBOX {}
S: + ...
C| Subject: one
C|
C| 1
C:  {4000+}
C< size:4000
C:
S: c NO [TOOBIG] ...
C: d NOOP
S: d OK ...

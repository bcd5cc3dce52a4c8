# RFC 3502 §3, RFC 7888: all of it in one packet, and the next command behind it
@imap select INBOX
@needs MULTIAPPEND
C: a APPEND INBOX {+}
C| Subject: one
C|
C| 1
C:  (\Seen) {+}
C| Subject: two
C|
C| 2
C:
C: b NOOP
S: ...
S: a OK [APPENDUID ${v:number} 1:2] ...
S: ...
S: b OK ...

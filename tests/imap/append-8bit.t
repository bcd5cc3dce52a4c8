# RFC 3501 §4.3.1: 8-bit text comes back byte for byte
@imap select INBOX
C: a APPEND INBOX {}
S: + ...
C| Subject: بريد
C|
C| 邮件 — \xff\xfe\x80
C:
S: ...
S: a OK [APPENDUID ${v:number} 1] ...
C: b FETCH 1 BODY.PEEK[]
S: ...
S: * 1 FETCH (BODY[] {}
S| Subject: بريد
S|
S| 邮件 — \xff\xfe\x80
S: )
S: b OK ...

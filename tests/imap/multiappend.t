# RFC 3502 §3: several messages, each with its flags and date, become one APPENDUID
@imap select INBOX
@needs MULTIAPPEND
C: a APPEND INBOX (\Seen) "17-Jul-1996 02:44:25 -0700" {}
S: + ...
C| Subject: one
C|
C| 1
C:  (\Flagged work) {}
S: + ...
C| Subject: two
C|
C| 2 2
C:  {}
S: + ...
C| Subject: three
C|
C| 3 3 3
C:
S*: * 3 EXISTS
S*: ...
S: a OK [APPENDUID ${v:number} 1:3] ...
C: b FETCH 1:3 (UID FLAGS RFC822.SIZE)
S: * 1 FETCH (~<UID 1, FLAGS ~(\Seen ?\Recent), RFC822.SIZE ${one:number}>)
S: * 2 FETCH (~<UID 2, FLAGS ~(\Flagged work ?\Recent), RFC822.SIZE ${two:number}>)
S: * 3 FETCH (~<UID 3, FLAGS ~(?\Recent), RFC822.SIZE ${three:number}>)
S: b OK ...
C: c FETCH 1 INTERNALDATE
S: * 1 FETCH (INTERNALDATE ${@17-Jul-1996 02:44:25 -0700})
S: c OK ...

# RFC 3501 §6.3.11, RFC 5322 §2.3: a bare LF becomes CRLF, so that every protocol sees the same lines
@imap select INBOX
C: a APPEND INBOX {22}
S: + ...
C: Subject: lf\x0a\x0abody\x0a\x0a123
S: ...
S: a OK [APPENDUID ${v:number} 1] ...
C: b FETCH 1 BODY.PEEK[]
S: ...
S: * 1 FETCH (BODY[] {}
S| Subject: lf
S|
S| body
S|
S| 123\
S: )
S: b OK ...

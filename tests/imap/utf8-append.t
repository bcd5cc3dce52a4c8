# RFC 6855 §4: a message with UTF-8 in its header comes as UTF8 (~{...})
@imap select INBOX
@needs UTF8=ACCEPT
C: a ENABLE UTF8=ACCEPT
S: * ENABLED UTF8=ACCEPT
S: a OK ...
C: b APPEND INBOX (\Seen) UTF8 (~{}
S: + ...
C| Subject: رسالة
C|
C| x
C: )
S: ...
S: b OK [APPENDUID ${v:number} 1] ...
C: c SEARCH SUBJECT "رسالة"
S: * SEARCH 1
S: c OK ...

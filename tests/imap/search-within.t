# RFC 5032 §2: YOUNGER and OLDER count seconds of the internal date from now
@imap login
@needs WITHIN
@append INBOX simple.eml "17-Jul-1996 02:44:25 -0700"
@append INBOX simple.eml
C: a SELECT INBOX
S: ...
S: a OK ...
C: b SEARCH YOUNGER 3600
S: * SEARCH 2
S: b OK ...
C: c SEARCH OLDER 86400
S: * SEARCH 1
S: c OK ...
C: d SEARCH NOT OLDER 86400 YOUNGER 86400
S: * SEARCH 2
S: d OK ...

# RFC 3501 §6.4.5: BODY.PEEK[] sets nothing
@imap select INBOX
@append INBOX simple.eml
C: a FETCH 1 BODY.PEEK[]
S: * 1 FETCH (BODY[] {}
S< simple.eml
S: )
S: a OK ...
C: b FETCH 1 FLAGS
S: * 1 FETCH (FLAGS ~(?\Recent))
S: b OK ...

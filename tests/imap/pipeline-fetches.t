# RFC 3501 §5.5: FETCH behind FETCH in one packet
@imap select INBOX
@not dovecot: it holds the OK of a pipelined FETCH back until those behind it are executed
@append INBOX simple.eml
@append INBOX dots.eml
@append INBOX nested.eml
C: a FETCH 1 BODY.PEEK[]
C: b FETCH 2 BODY.PEEK[]
C: c FETCH 3 BODY.PEEK[]
S: * 1 FETCH (BODY[] {}
S< simple.eml
S: )
S: a OK ...
S: * 2 FETCH (BODY[] {}
S< dots.eml
S: )
S: b OK ...
S: * 3 FETCH (BODY[] {}
S< nested.eml
S: )
S: c OK ...

# RFC 3501 §6.3.11: without a date an appended message has today's, whatever its Date field says
@imap login
@needs WITHIN
@append INBOX simple.eml
C: a SELECT INBOX
S: ...
S: a OK ...
C: b SEARCH YOUNGER 600
S: * SEARCH 1
S: b OK ...

# RFC 3501 §6.4.5: a reader who reads late gets everything, and the commands behind are executed
@imap select INBOX
@append INBOX size:60000
@append INBOX size:60000
C: a FETCH 1:2 BODY.PEEK[]
C: b NOOP
S: * 1 FETCH (BODY[] {}
S< size:60000
S: )
S: * 2 FETCH (BODY[] {}
S< size:60000
S: )
S: a OK ...
S: b OK ...

# RFC 3501 §5.5: every command of a packet gets its answer, in whatever order the rules of ambiguity leave
@imap select INBOX
@append INBOX simple.eml
@append INBOX dots.eml
@append INBOX nested.eml
C: a FETCH 1 UID
C: b FETCH 2:3 UID
C: c NOOP
C: d STATUS Archive (MESSAGES)
S*: * 1 FETCH (UID 1)
S*: a OK ...
S*: * 2 FETCH (UID 2)
S*: * 3 FETCH (UID 3)
S*: b OK ...
S*: c OK ...
S*: * STATUS "Archive" (MESSAGES 0)
S*: d OK ...

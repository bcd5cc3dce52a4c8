# RFC 3501 §6.4.7: a copy is \Recent
@imap select INBOX
@append INBOX simple.eml (\Seen)
@create target
C: a COPY 1 target
S: a OK ...
C: b SELECT target
S*: * 1 EXISTS
S*: * 1 RECENT
S*: ...
S: b OK ...
C: c FETCH 1 FLAGS
S: * 1 FETCH (FLAGS ~(\Seen \Recent))
S: c OK ...

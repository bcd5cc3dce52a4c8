# RFC 3501 §5.2: a message delivered by LMTP shows at the next NOOP
@imap select INBOX
@deliver simple.eml
C: a FETCH 1 (UID)
S: * 1 FETCH (UID 1)
S: a OK ...
@deliver dots.eml
C: b NOOP
S*: * 2 EXISTS
S*: ...
S: b OK ...

# RFC 3501 §2.3.3: the internal date of a message that came by LMTP is when it was delivered, whatever its Date field says
@imap login
@needs WITHIN
@deliver simple.eml
C: a SELECT INBOX
S: ...
S: a OK ...
C: b SEARCH YOUNGER 600
S: * SEARCH 1
S: b OK ...

# RFC 3501 §6.3.10: STATUS of another mailbox leaves the selected one selected
@imap select INBOX
@append INBOX simple.eml
@append Archive dots.eml
C: a STATUS Archive (MESSAGES)
S: * STATUS "Archive" (MESSAGES 1)
S: a OK ...
C: b FETCH 1 (UID)
S: * 1 FETCH (UID 1)
S: b OK ...

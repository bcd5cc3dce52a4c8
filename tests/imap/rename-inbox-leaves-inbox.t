# RFC 3501 §6.3.5: after RENAME INBOX there is an INBOX, and mail goes into it
@imap login
@append INBOX simple.eml
C: a RENAME INBOX old-mail
S: a OK ...
@deliver dots.eml
C: b STATUS INBOX (MESSAGES)
S: * STATUS "INBOX" (MESSAGES 1)
S: b OK ...
C: c STATUS old-mail (MESSAGES)
S: * STATUS "old-mail" (MESSAGES 1)
S: c OK ...

# RFC 3501 §6.3.5: RENAME INBOX moves all its messages to the new mailbox and leaves INBOX empty
@imap login
@not dovecot: with sdbox it renames the names below INBOX too
@append INBOX simple.eml
@append INBOX dots.eml
@append INBOX nested.eml
@create INBOX/below
C: a RENAME INBOX old-mail
S: a OK ...
C: b STATUS old-mail (MESSAGES)
S: * STATUS "old-mail" (MESSAGES 3)
S: b OK ...
C: c STATUS INBOX (MESSAGES)
S: * STATUS "INBOX" (MESSAGES 0)
S: c OK ...
C: d LIST "" INBOX/below
S: * LIST ~(...) "/" "INBOX/below"
S: d OK ...

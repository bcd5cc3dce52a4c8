# RFC 3501 §7.2.6: FLAGS of SELECT names every keyword that the mailbox has
@imap login
@append INBOX simple.eml (kilo lima)
@append INBOX dots.eml (mike)
C: a SELECT INBOX
S*: * FLAGS ~(kilo lima mike ...)
S*: ...
S: a OK ...

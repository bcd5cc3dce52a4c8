# RFC 3501 §6.3.10: STATUS tells what was asked
@imap login
@append INBOX simple.eml (\Seen)
@append INBOX dots.eml
@append INBOX nested.eml
C: a STATUS INBOX (MESSAGES RECENT UIDNEXT UIDVALIDITY UNSEEN)
S: * STATUS "INBOX" ~(MESSAGES 3, RECENT ${r:number}, UIDNEXT 4, UIDVALIDITY ${v:number}, UNSEEN 2)
S: a OK ...
C: b STATUS INBOX (UNSEEN)
S: * STATUS "INBOX" (UNSEEN 2)
S: b OK ...

# RFC 8438 §3: SIZE is not less than all RFC822.SIZE together
@imap login
@needs STATUS=SIZE
@append INBOX size:5000
C: a STATUS INBOX (SIZE)
S: * STATUS "INBOX" (SIZE ${total:number})
S: a OK ...
@check ${total} > 4999

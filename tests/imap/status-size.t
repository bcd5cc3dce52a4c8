# RFC 8438 §3: SIZE is the sum of the sizes of all messages
@imap login
@needs STATUS=SIZE
@create Box
@append Box simple.eml
@append Box simple.eml
C: a STATUS Box (SIZE MESSAGES)
S: * STATUS "Box" (~<SIZE ${total:number} MESSAGES 2>)
S: a OK ...
C: b SELECT Box
S: ...
S: b OK ...
C: c FETCH 1 RFC822.SIZE
S: * 1 FETCH (RFC822.SIZE ${one:number})
S: c OK ...
@check ${total} > ${one}
C: d STATUS INBOX (SIZE)
S: * STATUS "INBOX" (SIZE 0)
S: d OK ...

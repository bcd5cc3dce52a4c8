# RFC 3501 §6.4.7: COPY into the selected mailbox tells EXISTS
@imap select INBOX
@append INBOX simple.eml
C: a COPY 1 INBOX
S*: * 2 EXISTS
S*: ...
S: a OK [COPYUID ${v:number} 1 2] ...

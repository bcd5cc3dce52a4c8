# RFC 3501 §6.4.8: UID COPY goes by UIDs; of none that is there it copies none
@imap select INBOX
@append INBOX simple.eml (\Deleted)
@append INBOX dots.eml
C: a EXPUNGE
S: * 1 EXPUNGE
S: a OK ...
C: b UID COPY 2 Archive
S: b OK [COPYUID ${v:number} 2 1] ...
C: c UID COPY 99 Archive
S: c OK ...
C: d STATUS Archive (MESSAGES)
S: * STATUS "Archive" (MESSAGES 1)
S: d OK ...

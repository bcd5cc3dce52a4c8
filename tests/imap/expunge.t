# RFC 3501 §6.4.3: each EXPUNGE counts on what the one before left
@imap select INBOX
@append INBOX simple.eml
@append INBOX dots.eml
@append INBOX nested.eml
@append INBOX arabic.eml
C: a STORE 1,3:4 +FLAGS.SILENT (\Deleted)
S: a OK ...
C: b EXPUNGE
S: * ${x:number} EXPUNGE
S: * ${y:number} EXPUNGE
S: * ${z:number} EXPUNGE
S: b OK ...
C: c FETCH 1:* (UID)
S: * 1 FETCH (UID 2)
S: c OK ...
C: d NOOP
S: d OK ...

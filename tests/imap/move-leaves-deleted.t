# RFC 6851 §3.3: MOVE expunges nothing but what it moves
@imap select INBOX
@append INBOX simple.eml (\Deleted)
@append INBOX dots.eml
C: a MOVE 2 Trash
S: * OK [COPYUID ${v:number} 2 1] ...
S: * 2 EXPUNGE
S: a OK ...
C: b FETCH 1 UID
S: * 1 FETCH (UID 1)
S: b OK ...

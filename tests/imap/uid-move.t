# RFC 6851 §3.2: UID MOVE goes by UIDs
@imap select INBOX
@append INBOX simple.eml
@append INBOX dots.eml
@append INBOX nested.eml
C: a UID MOVE 2 Junk
S: * OK [COPYUID ${v:number} 2 1] ...
S: * 2 EXPUNGE
S: a OK ...
C: b UID MOVE 99 Junk
S: b OK ...
C: c FETCH 1:* UID
S: * 1 FETCH (UID 1)
S: * 2 FETCH (UID 3)
S: c OK ...

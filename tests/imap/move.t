# RFC 6851 §3.1: MOVE names the copies by an untagged COPYUID before it expunges the originals
@imap select INBOX
@append INBOX simple.eml (\Seen)
@append INBOX dots.eml
@append INBOX nested.eml
C: a MOVE 1,3 Archive
S: * OK [COPYUID ${v:number} ${|1,3|1,3:3} ${|1:2|1,2}] ...
S: * ${x:number} EXPUNGE
S: * ${y:number} EXPUNGE
S: a OK ...
C: b FETCH 1:* UID
S: * 1 FETCH (UID 2)
S: b OK ...
C: c SELECT Archive
S*: * 2 EXISTS
S*: ...
S: c OK ...
C: d FETCH 1 (FLAGS RFC822.SIZE)
S: * 1 FETCH ~(FLAGS ~(\Seen ?\Recent), RFC822.SIZE ${size_simple})
S: d OK ...

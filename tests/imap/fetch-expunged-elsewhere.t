# RFC 3501 §7.4.1, RFC 2180 §4.1: a message that another session expunged: the others of the set are answered
@imap select INBOX
@append INBOX simple.eml
@append INBOX dots.eml
@append INBOX nested.eml
C2: a STORE 2 +FLAGS.SILENT (\Deleted)
S2: a OK ...
C2: b EXPUNGE
S2: * 2 EXPUNGE
S2: b OK ...
C: c FETCH 1:3 (BODY.PEEK[HEADER.FIELDS (SUBJECT)])
S!: * ${x:number} EXPUNGE
S: ...
S: * 3 FETCH (BODY[HEADER.FIELDS (SUBJECT)] {}
S| Subject: many parts
S|
S: )
S: ...
S: c ${|OK|NO} ...

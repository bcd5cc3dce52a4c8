# RFC 3501 §6.4.8: UID STORE answers UID and FLAGS
@imap select INBOX
@append INBOX simple.eml (\Deleted)
@append INBOX dots.eml
C: a EXPUNGE
S: * 1 EXPUNGE
S: a OK ...
C: b UID STORE 2 +FLAGS (\Seen)
S: * 1 FETCH ~(UID 2, FLAGS ~(\Seen ?\Recent))
S: b OK ...
C: c UID STORE 99 +FLAGS (\Seen)
S: c OK ...
C: d UID STORE 2 FLAGS.SILENT (\Flagged)
S: d OK ...

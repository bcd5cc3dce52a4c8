# RFC 4315 §2.1: UID EXPUNGE takes only those of its set that are \Deleted
@imap select INBOX
@append INBOX simple.eml
@append INBOX dots.eml
@append INBOX nested.eml
C: a STORE 1:2 +FLAGS.SILENT (\Deleted)
S: a OK ...
C: b UID EXPUNGE 2:3
S: * 2 EXPUNGE
S: b OK ...
C: c FETCH 1:* (UID FLAGS)
S: * 1 FETCH ~(UID 1, FLAGS ~(\Deleted ?\Recent))
S: * 2 FETCH ~(UID 3, FLAGS ~(?\Recent))
S: c OK ...

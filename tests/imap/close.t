# RFC 3501 §6.4.2: CLOSE expunges without a word and leaves the selected state
@imap select INBOX
@append INBOX simple.eml
@append INBOX dots.eml
@append INBOX nested.eml
C: a STORE 2 +FLAGS.SILENT (\Deleted)
S: a OK ...
C: b CLOSE
S!: * 2 EXPUNGE
S: b OK ...
C: c FETCH 1 FLAGS
S: c BAD ...
C: d STATUS INBOX (MESSAGES)
S: * STATUS "INBOX" (MESSAGES 2)
S: d OK ...

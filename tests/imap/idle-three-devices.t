# RFC 2177 §3: one change shows on two idle devices, one of them under TLS
@imap select INBOX
@C2 imaps select INBOX
@append INBOX simple.eml
@append INBOX dots.eml
@append INBOX nested.eml
C: a IDLE
S: + ...
C2: a IDLE
S2: + ...
C3: b STORE 3 +FLAGS.SILENT (\Answered)
S3: b OK ...
S: * 3 FETCH ~(FLAGS ~(\Answered ?\Recent), ?UID 3)
S2: * 3 FETCH ~(FLAGS ~(\Answered ?\Recent), ?UID 3)
C: DONE
S: a OK ...
C2: DONE
S2: a OK ...

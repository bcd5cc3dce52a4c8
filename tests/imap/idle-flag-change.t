# RFC 2177 §3, RFC 3501 §7.4.2: a flag set on one device shows on the idle other at once
@imap select INBOX
@append INBOX simple.eml
@append INBOX dots.eml
@append INBOX nested.eml
C: a IDLE
S: + ...
C2: b STORE 2 +FLAGS (\Seen \Flagged)
S2: * 2 FETCH (FLAGS ~(\Seen \Flagged ?\Recent))
S2: b OK ...
S: * 2 FETCH ~(FLAGS ~(\Seen \Flagged ?\Recent), ?UID 2)
C: DONE
S: a OK ...

# RFC 3501 §6.4.6: FLAGS () takes all flags away
@imap select INBOX
@append INBOX simple.eml (\Seen \Flagged key)
C: a STORE 1 FLAGS ()
S: * 1 FETCH (FLAGS ~(?\Recent))
S: a OK ...

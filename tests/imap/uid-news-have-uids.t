# RFC 3501 §6.4.8: each FETCH response that a UID command causes names the UID, also that of the \Seen it sets
@imap select INBOX
@append INBOX simple.eml
@append INBOX dots.eml
C: a UID FETCH 1:2 BODY[TEXT]<0.5>
S: * 1 FETCH ~(UID 1, FLAGS ~(\Seen ?\Recent), BODY[TEXT]<0> "Hello")
S: * 2 FETCH ~(UID 2, FLAGS ~(\Seen ?\Recent), BODY[TEXT]<0> ".one ")
S: a OK ...
C: b UID STORE 2 -FLAGS (\Seen)
S: * 2 FETCH ~(UID 2, FLAGS ~(?\Recent))
S: b OK ...

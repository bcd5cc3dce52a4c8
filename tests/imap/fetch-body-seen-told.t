# RFC 3501 §6.4.5: the \Seen that BODY[] sets is told as part of the FETCH responses
@imap select INBOX
@append INBOX simple.eml
C: a FETCH 1 BODY[TEXT]
S: * 1 FETCH ~(FLAGS ~(\Seen ?\Recent), BODY[TEXT] "Hello Joe, do you think we can meet at 3:30 tomorrow?\x0d\x0a")
S: a OK ...

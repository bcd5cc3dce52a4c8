# RFC 3501 §6.4.5: FAST is FLAGS INTERNALDATE RFC822.SIZE
@imap select INBOX
@append INBOX simple.eml (\Seen) "05-Feb-2020 12:34:56 +0000"
C: a FETCH 1 FAST
S: * 1 FETCH ~(FLAGS ~(\Seen ?\Recent), INTERNALDATE ${@05-Feb-2020 12:34:56 +0000}, RFC822.SIZE ${size_simple})
S: a OK ...

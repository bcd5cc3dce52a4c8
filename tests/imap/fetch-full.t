# RFC 3501 §6.4.5: FULL is ALL and BODY
@imap select INBOX
@append INBOX simple.eml
C: a FETCH 1 full
S: * 1 FETCH ~(FLAGS ~(?\Recent), INTERNALDATE "${d:text}", RFC822.SIZE ${size_simple}, ENVELOPE ("Mon, 7 Feb 1994 21:52:25 -0800" ...), BODY (${|"text"|"TEXT"} ...))
S: a OK ...

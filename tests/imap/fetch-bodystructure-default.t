# RFC 3501 §7.4.2, RFC 2045 §5.2: without Content-Type a message is text/plain in us-ascii
@imap select INBOX
@append INBOX dots.eml
C: a FETCH 1 BODY
S: * 1 FETCH (BODY ("text" "plain" ${|("charset" "us-ascii")|NIL} NIL NIL "7bit" ${n:number} 5))
S: a OK ...

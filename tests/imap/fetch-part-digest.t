# RFC 2046 §5.1.5, RFC 3501 §6.4.5: parts of a digest are messages where they do not say otherwise
@imap select INBOX
@append INBOX digest.eml
C: a FETCH 1 BODY.PEEK[2.HEADER.FIELDS (SUBJECT)]
S: * 1 FETCH (BODY[2.HEADER.FIELDS (SUBJECT)] "Subject: second\x0d\x0a\x0d\x0a")
S: a OK ...
C: b FETCH 1 BODY
S: * 1 FETCH (BODY (("message" "rfc822" NIL NIL NIL "7bit" ...)("message" "rfc822" NIL NIL NIL "7bit" ...) "digest"))
S: b OK ...

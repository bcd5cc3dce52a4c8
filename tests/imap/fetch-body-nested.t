# RFC 3501 §7.4.2: BODY of a multipart has no extension data on any level
@imap select INBOX
@append INBOX nested.eml
C: a FETCH 1 BODY
S: * 1 FETCH (BODY (("text" "plain" ("charset" "utf-8") NIL NIL "8bit" ${n1:number} 1)("message" "rfc822" NIL NIL "forwarded" "7bit" ${n2:number} (...) (("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 11 ${|0|1})("text" "html" ("charset" "us-ascii") NIL NIL "7bit" 18 ${|0|1}) "alternative") ${n3:number})("image" "gif" ("name" "dot.gif") "<dot@example.org>" NIL "base64" ${n4:number}) "mixed"))
S: a OK ...

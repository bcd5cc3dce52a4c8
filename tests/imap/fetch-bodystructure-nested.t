# RFC 3501 §7.4.2: BODYSTRUCTURE of a multipart with a message inside
@imap select INBOX
@append INBOX nested.eml
C: a FETCH 1 BODYSTRUCTURE
S: * 1 FETCH (BODYSTRUCTURE (("text" "plain" ("charset" "utf-8") NIL NIL "8bit" ${n1:number} 1 NIL NIL NIL NIL)("message" "rfc822" NIL NIL "forwarded" "7bit" ${n2:number} ("Mon, 1 Mar 2021 08:00:00 +0000" "inner message" (("Inner" NIL "inner" "example.org")) (("Inner" NIL "inner" "example.org")) (("Inner" NIL "inner" "example.org")) ((NIL NIL "someone" "example.net")) NIL NIL NIL NIL) (("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 11 ${|0|1} NIL NIL NIL NIL)("text" "html" ("charset" "us-ascii") NIL NIL "7bit" 18 ${|0|1} NIL NIL NIL NIL) "alternative" ("boundary" "inner") NIL NIL NIL) ${n3:number} NIL NIL NIL NIL)("image" "gif" ("name" "dot.gif") "<dot@example.org>" NIL "base64" ${n4:number} NIL ("attachment" ("filename" "dot.gif")) NIL NIL) "mixed" ("boundary" "outer") NIL NIL NIL))
S: a OK ...

# RFC 3501 §7.4.2, RFC 2231 §4: parameters of a related multipart and of an inline image with a name in Arabic
@imap select INBOX
@append INBOX related.eml
C: a FETCH 1 BODYSTRUCTURE
S: * 1 FETCH (BODYSTRUCTURE (("text" "html" ("charset" "utf-8") NIL NIL "quoted-printable" 21 ${|0|1} NIL NIL NIL NIL)("image" "png" ("${|name*|name}" "...") "<i@x>" NIL "base64" 4 NIL ("inline" ~("${|filename*|filename}" "...", "size" "4")) NIL NIL) "related" ("type" "text/html" "boundary" "=_rel") NIL NIL NIL))
S: a OK ...

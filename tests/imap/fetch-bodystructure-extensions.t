# RFC 3501 §7.4.2: the extension data of a part: MD5, disposition, language and location
@imap select INBOX
@append INBOX attachment.eml
C: a FETCH 1 BODYSTRUCTURE
S: * 1 FETCH (BODYSTRUCTURE ("text" "plain" ("charset" "utf-8" "format" "flowed") "<part@example.org>" "a description" "quoted-printable" ${n:number} 2 "Q2hlY2sgSW50ZWdyaXR5IQ==" ("attachment" ("filename" "notes.txt")) ("en" "ar") "http://example.org/notes"))
S: a OK ...

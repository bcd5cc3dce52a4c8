# RFC 3501 §6.4.5: HEADER.FIELDS gives the named fields in the message's order, folded as they stand, in any case of letters
@imap select INBOX
@append INBOX headers.eml
C: a FETCH 1 BODY.PEEK[HEADER.FIELDS (subject X-CUSTOM From)]
S: * 1 FETCH (BODY[HEADER.FIELDS (${|subject X-CUSTOM From|SUBJECT X-CUSTOM FROM|"subject" "X-CUSTOM" "From"})] {}
S| From: "Smith, \"Al\"" <al@example.org>
S| Subject: a folded
S|  subject
S| X-Custom: alpha
S| x-custom: beta
S|
S: )
S: a OK ...

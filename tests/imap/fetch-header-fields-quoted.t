# RFC 3501 §9 header-fld-name: names of fields may be quoted or literals
@imap select INBOX
@append INBOX simple.eml
C: a FETCH 1 BODY.PEEK[HEADER.FIELDS ("Subject" {}
S: + ...
C| Cc\
C: )]
S: * 1 FETCH (BODY[HEADER.FIELDS (...)] {}
S| Cc: carol@example.com
S| Subject: afternoon meeting
S|
S: )
S: a OK ...

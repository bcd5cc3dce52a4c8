# RFC 3501 §6.4.5: RFC822.HEADER is BODY.PEEK[HEADER]
@imap select INBOX
@append INBOX dots.eml
C: a FETCH 1 RFC822.HEADER
S: * 1 FETCH (RFC822.HEADER {}
S| From: dots@example.org
S| To: bob@example.net
S| Subject: dots
S| Date: Wed, 11 Mar 2020 12:00:00 +0000
S|
S: )
S: a OK ...
C: b FETCH 1 FLAGS
S: * 1 FETCH (FLAGS ~(?\Recent))
S: b OK ...

# RFC 3501 §6.4.5: BODY[HEADER] ends with the empty line
@imap select INBOX
@append INBOX dots.eml
C: a FETCH 1 BODY.PEEK[HEADER]
S: * 1 FETCH (BODY[HEADER] {}
S| From: dots@example.org
S| To: bob@example.net
S| Subject: dots
S| Date: Wed, 11 Mar 2020 12:00:00 +0000
S|
S: )
S: a OK ...

# RFC 3501 §6.4.5: n.HEADER and n.TEXT are those of the message inside
@imap select INBOX
@append INBOX nested.eml
C: a FETCH 1 BODY.PEEK[2.HEADER]
S: * 1 FETCH (BODY[2.HEADER] {}
S| From: Inner <inner@example.org>
S| To: someone@example.net
S| Subject: inner message
S| Date: Mon, 1 Mar 2021 08:00:00 +0000
S| MIME-Version: 1.0
S| Content-Type: multipart/alternative; boundary="inner"
S|
S: )
S: a OK ...
C: b FETCH 1 BODY.PEEK[2.HEADER.FIELDS (Subject)]
S: * 1 FETCH (BODY[2.HEADER.FIELDS (${|Subject|SUBJECT})] "Subject: inner message\x0d\x0a\x0d\x0a")
S: b OK ...
C: c FETCH 1 BODY.PEEK[2.TEXT]
S: * 1 FETCH (BODY[2.TEXT] {}
S| --inner
S| Content-Type: text/plain; charset=us-ascii
S|
S| Inner text.
S| --inner
S| Content-Type: text/html; charset=us-ascii
S|
S| <p>Inner text.</p>
S| --inner--
S: )
S: c OK ...

# RFC 3501 §6.4.5: HEADER.FIELDS.NOT gives all the others
@imap select INBOX
@append INBOX dots.eml
C: a FETCH 1 BODY.PEEK[HEADER.FIELDS.NOT (Subject From)]
S: * 1 FETCH (BODY[HEADER.FIELDS.NOT (${|Subject From|SUBJECT FROM})] {}
S| To: bob@example.net
S| Date: Wed, 11 Mar 2020 12:00:00 +0000
S|
S: )
S: a OK ...

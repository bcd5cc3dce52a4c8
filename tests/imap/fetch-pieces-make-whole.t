# RFC 3501 §6.4.5: a message read in pieces is the message
@imap select INBOX
@append INBOX dots.eml
C: a FETCH 1 BODY.PEEK[]<0.100>
S: * 1 FETCH (BODY[]<0> "From: dots@example.org\x0d\x0aTo: bob@example.net\x0d\x0aSubject: dots\x0d\x0aDate: Wed, 11 Mar 2020 12:00:00 +0000\x0d\x0a\x0d")
S: a OK ...
C: b FETCH 1 BODY.PEEK[]<100.100>
S: * 1 FETCH (BODY[]<100> "\x0a.one dot\x0d\x0a..two dots\x0d\x0a.\x0d\x0a\x2e.. three\x0d\x0aend\x0d\x0a")
S: b OK ...

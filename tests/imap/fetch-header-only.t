# RFC 3501 §6.4.5: a message without a body
@imap select INBOX
@append INBOX headeronly.eml
C: a FETCH 1 (BODY.PEEK[HEADER] BODY.PEEK[TEXT])
S: * 1 FETCH ~(BODY[HEADER] "From: h@example.org\x0d\x0aSubject: header only\x0d\x0aDate: Sun, 3 May 2020 10:00:00 +0000\x0d\x0a${|\x0d\x0a|}", BODY[TEXT] ${|""|{0}\x0d\x0a|NIL})
S: a OK ...

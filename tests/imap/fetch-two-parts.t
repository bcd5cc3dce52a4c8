# RFC 3501 §6.4.5: several parts of one message in one FETCH, each under its own name
@imap select INBOX
@append INBOX related.eml
C: a UID FETCH 1 (BODY.PEEK[1] BODY.PEEK[2] BODY.PEEK[2.MIME])
S: * 1 FETCH ~(UID 1, BODY[1] "<img src=3D\"cid:i@x\">", BODY[2] "AAAA", BODY[2.MIME] "Content-Type: image/png; name*=utf-8''%D8%A8.png\x0d\x0a...size=4\x0d\x0a\x0d\x0a")
S: a OK ...

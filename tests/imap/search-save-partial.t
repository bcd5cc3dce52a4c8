# RFC 9394 §3.2: with PARTIAL, what is saved is that piece, with MIN and MAX; with COUNT it is all that was found
@imap login
@only barid: a stock Dovecot does not offer PARTIAL
@append INBOX simple.eml
@append INBOX simple.eml
@append INBOX simple.eml
@append INBOX simple.eml
@append INBOX simple.eml
C: s SELECT INBOX
S: ...
S: s OK ...
C: a SEARCH RETURN (SAVE PARTIAL 2:3) ALL
S: * ESEARCH (TAG "a") PARTIAL (2:3 2:3)
S: a OK ...
C: b SEARCH $
S: * SEARCH 2 3
S: b OK ...
C: c UID SEARCH RETURN (PARTIAL -2:-2 MIN SAVE) ALL
S: * ESEARCH (TAG "c") UID ~<MIN 1, PARTIAL (-2:-2 4)>
S: c OK ...
C: d SEARCH $
S: * SEARCH 1 4
S: d OK ...
C: e SEARCH RETURN (SAVE MAX MIN PARTIAL 1:2) ALL
S: * ESEARCH (TAG "e") ~<MIN 1, MAX 5, PARTIAL (1:2 1:2)>
S: e OK ...
C: f SEARCH $
S: * SEARCH 1 2 5
S: f OK ...
C: g SEARCH RETURN (SAVE PARTIAL 2:3 COUNT MIN) ALL
S: * ESEARCH (TAG "g") ~<MIN 1, COUNT 5, PARTIAL (2:3 2:3)>
S: g OK ...
C: h SEARCH $
S: * SEARCH 1 2 3 4 5
S: h OK ...
C: i SEARCH RETURN (SAVE PARTIAL 9:10) ALL
S: * ESEARCH (TAG "i") PARTIAL (9:10 NIL)
S: i OK ...
C: j SEARCH $
S: * SEARCH
S: j OK ...

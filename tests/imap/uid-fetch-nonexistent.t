# RFC 3501 §6.4.8: a UID that is not there is passed over in silence; n:* always holds the last message
@imap select INBOX
@append INBOX simple.eml
@append INBOX dots.eml
@append INBOX nested.eml
C: a UID FETCH 77 FLAGS
S: a OK ...
C: b UID FETCH 77:99 FLAGS
S: b OK ...
C: c UID FETCH 77:* UID
S: * 3 FETCH (UID 3)
S: c OK ...
C: d UID FETCH 4294967295 UID
S: d OK ...

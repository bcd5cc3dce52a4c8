# RFC 3501 §6.4.5: FETCH INTERNALDATE, with a day of two characters
@imap select INBOX
@append INBOX simple.eml "05-Feb-2020 12:34:56 +0000"
C: a FETCH 1 INTERNALDATE
S: * 1 FETCH (INTERNALDATE "${|05| 5}-Feb-2020 12:34:56 +0000")
S: a OK ...

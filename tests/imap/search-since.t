# RFC 3501 §6.4.4: BEFORE, ON and SINCE go by the internal date, whatever its time
@imap select INBOX
@append INBOX simple.eml (\Answered \Seen) "01-Feb-2020 12:00:00 +0000"
@append INBOX arabic.eml (\Flagged) "10-Mar-2020 12:00:00 +0000"
@append INBOX dots.eml (\Draft $Forwarded) "11-Mar-2020 12:00:00 +0000"
@append INBOX nested.eml (\Deleted \Seen) "15-Apr-2021 12:00:00 +0000"
@append INBOX size:9000 "20-May-2022 12:00:00 +0000"
C: a SEARCH SINCE 11-Mar-2020
S: * SEARCH ~<3 4 5>
S: a OK ...
C: b SEARCH BEFORE 11-Mar-2020
S: * SEARCH ~<1 2>
S: b OK ...
C: c SEARCH ON 11-Mar-2020
S: * SEARCH 3
S: c OK ...
C: d SEARCH ON "11-Mar-2020"
S: * SEARCH 3
S: d OK ...
C: e SEARCH SINCE 1-Jan-2030
S: * SEARCH
S: e OK ...

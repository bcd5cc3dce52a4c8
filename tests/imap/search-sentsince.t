# RFC 3501 §6.4.4: SENTBEFORE, SENTON and SENTSINCE go by the Date field
@imap select INBOX
@append INBOX simple.eml (\Answered \Seen) "01-Feb-2020 12:00:00 +0000"
@append INBOX arabic.eml (\Flagged) "10-Mar-2020 12:00:00 +0000"
@append INBOX dots.eml (\Draft $Forwarded) "11-Mar-2020 12:00:00 +0000"
@append INBOX nested.eml (\Deleted \Seen) "15-Apr-2021 12:00:00 +0000"
@append INBOX size:9000 "20-May-2022 12:00:00 +0000"
C: a SEARCH SENTSINCE 11-Mar-2020
S: * SEARCH ~<3 4>
S: a OK ...
C: b SEARCH SENTON 2-Mar-2021
S: * SEARCH 4
S: b OK ...
C: c SEARCH SENTON 7-Feb-1994
S: * SEARCH 1
S: c OK ...
C: d SEARCH SENTBEFORE 10-Mar-2020 HEADER Date ""
S: * SEARCH 1
S: d OK ...

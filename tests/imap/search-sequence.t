# RFC 3501 §6.4.4: a sequence set is a key
@imap select INBOX
@append INBOX simple.eml (\Answered \Seen) "01-Feb-2020 12:00:00 +0000"
@append INBOX arabic.eml (\Flagged) "10-Mar-2020 12:00:00 +0000"
@append INBOX dots.eml (\Draft $Forwarded) "11-Mar-2020 12:00:00 +0000"
@append INBOX nested.eml (\Deleted \Seen) "15-Apr-2021 12:00:00 +0000"
@append INBOX size:9000 "20-May-2022 12:00:00 +0000"
C: a SEARCH 2:3
S: * SEARCH ~<2 3>
S: a OK ...
C: b SEARCH 4:*
S: * SEARCH ~<4 5>
S: b OK ...
C: c SEARCH *
S: * SEARCH 5
S: c OK ...
C: d SEARCH 3:2,5
S: * SEARCH ~<2 3 5>
S: d OK ...
C: e SEARCH 2,2
S: * SEARCH 2
S: e OK ...

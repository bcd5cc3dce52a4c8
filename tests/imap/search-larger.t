# RFC 3501 §6.4.4: LARGER and SMALLER do not include the size itself
@imap select INBOX
@append INBOX simple.eml (\Answered \Seen) "01-Feb-2020 12:00:00 +0000"
@append INBOX arabic.eml (\Flagged) "10-Mar-2020 12:00:00 +0000"
@append INBOX dots.eml (\Draft $Forwarded) "11-Mar-2020 12:00:00 +0000"
@append INBOX nested.eml (\Deleted \Seen) "15-Apr-2021 12:00:00 +0000"
@append INBOX size:9000 "20-May-2022 12:00:00 +0000"
C: a SEARCH LARGER 8999
S: * SEARCH 5
S: a OK ...
C: b SEARCH LARGER 9000
S: * SEARCH
S: b OK ...
C: c SEARCH SMALLER 9001
S: * SEARCH ~<1 2 3 4 5>
S: c OK ...
C: d SEARCH SMALLER 9000
S: * SEARCH ~<1 2 3 4>
S: d OK ...
C: e SEARCH SMALLER 0
S: * SEARCH
S: e OK ...

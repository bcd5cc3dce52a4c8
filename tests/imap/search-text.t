# RFC 3501 §6.4.4: TEXT looks into the header and the bodies
@imap select INBOX
@append INBOX simple.eml (\Answered \Seen) "01-Feb-2020 12:00:00 +0000"
@append INBOX arabic.eml (\Flagged) "10-Mar-2020 12:00:00 +0000"
@append INBOX dots.eml (\Draft $Forwarded) "11-Mar-2020 12:00:00 +0000"
@append INBOX nested.eml (\Deleted \Seen) "15-Apr-2021 12:00:00 +0000"
@append INBOX size:9000 "20-May-2022 12:00:00 +0000"
C: a SEARCH TEXT meeting
S: * SEARCH 1
S: a OK ...
C: b SEARCH TEXT "3:30"
S: * SEARCH 1
S: b OK ...
C: c SEARCH TEXT "inner message"
S: * SEARCH 4
S: c OK ...

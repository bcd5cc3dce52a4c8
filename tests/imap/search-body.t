# RFC 3501 §6.4.4: BODY looks into the bodies, not into the header
@imap select INBOX
@append INBOX simple.eml (\Answered \Seen) "01-Feb-2020 12:00:00 +0000"
@append INBOX arabic.eml (\Flagged) "10-Mar-2020 12:00:00 +0000"
@append INBOX dots.eml (\Draft $Forwarded) "11-Mar-2020 12:00:00 +0000"
@append INBOX nested.eml (\Deleted \Seen) "15-Apr-2021 12:00:00 +0000"
@append INBOX size:9000 "20-May-2022 12:00:00 +0000"
C: a SEARCH BODY "3:30 tomorrow"
S: * SEARCH 1
S: a OK ...
C: b SEARCH BODY meeting
S: * SEARCH
S: b OK ...
C: c SEARCH BODY "inner text"
S: * SEARCH 4
S: c OK ...

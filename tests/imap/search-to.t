# RFC 3501 §6.4.4: TO, CC and BCC look into their fields
@imap select INBOX
@append INBOX simple.eml (\Answered \Seen) "01-Feb-2020 12:00:00 +0000"
@append INBOX arabic.eml (\Flagged) "10-Mar-2020 12:00:00 +0000"
@append INBOX dots.eml (\Draft $Forwarded) "11-Mar-2020 12:00:00 +0000"
@append INBOX nested.eml (\Deleted \Seen) "15-Apr-2021 12:00:00 +0000"
@append INBOX size:9000 "20-May-2022 12:00:00 +0000"
C: a SEARCH TO "Bob"
S: * SEARCH ~<1 2 3 4>
S: a OK ...
C: b SEARCH CC carol
S: * SEARCH 1
S: b OK ...
C: c SEARCH BCC hidden
S: * SEARCH
S: c OK ...

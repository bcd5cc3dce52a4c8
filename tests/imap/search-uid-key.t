# RFC 3501 §6.4.4: UID takes a set of UIDs; what is not there finds nothing
@imap select INBOX
@append INBOX simple.eml (\Answered \Seen) "01-Feb-2020 12:00:00 +0000"
@append INBOX arabic.eml (\Flagged) "10-Mar-2020 12:00:00 +0000"
@append INBOX dots.eml (\Draft $Forwarded) "11-Mar-2020 12:00:00 +0000"
@append INBOX nested.eml (\Deleted \Seen) "15-Apr-2021 12:00:00 +0000"
@append INBOX size:9000 "20-May-2022 12:00:00 +0000"
C: a SEARCH UID 2:3
S: * SEARCH ~<2 3>
S: a OK ...
C: b SEARCH UID 100:200
S: * SEARCH
S: b OK ...
C: c SEARCH UID 100:*
S: * SEARCH 5
S: c OK ...
C: d SEARCH UID 4294967295
S: * SEARCH
S: d OK ...

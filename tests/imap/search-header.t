# RFC 3501 §6.4.4: HEADER looks into the named field; an empty string finds every message that has the field
@imap select INBOX
@append INBOX simple.eml (\Answered \Seen) "01-Feb-2020 12:00:00 +0000"
@append INBOX arabic.eml (\Flagged) "10-Mar-2020 12:00:00 +0000"
@append INBOX dots.eml (\Draft $Forwarded) "11-Mar-2020 12:00:00 +0000"
@append INBOX nested.eml (\Deleted \Seen) "15-Apr-2021 12:00:00 +0000"
@append INBOX size:9000 "20-May-2022 12:00:00 +0000"
C: a SEARCH HEADER Message-ID B27397
S: * SEARCH 1
S: a OK ...
C: b SEARCH HEADER X-No-Such ""
S: * SEARCH
S: b OK ...
C: c SEARCH HEADER message-id ""
S: * SEARCH ~<1 2 4>
S: c OK ...
C: d SEARCH HEADER Subject dots
S: * SEARCH 3
S: d OK ...

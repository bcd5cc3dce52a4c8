# RFC 3501 §6.4.4: KEYWORD and UNKEYWORD; a keyword that nobody has is no error
@imap select INBOX
@append INBOX simple.eml (\Answered \Seen) "01-Feb-2020 12:00:00 +0000"
@append INBOX arabic.eml (\Flagged) "10-Mar-2020 12:00:00 +0000"
@append INBOX dots.eml (\Draft $Forwarded) "11-Mar-2020 12:00:00 +0000"
@append INBOX nested.eml (\Deleted \Seen) "15-Apr-2021 12:00:00 +0000"
@append INBOX size:9000 "20-May-2022 12:00:00 +0000"
C: a SEARCH KEYWORD $Forwarded
S: * SEARCH 3
S: a OK ...
C: b SEARCH UNKEYWORD $Forwarded
S: * SEARCH ~<1 2 4 5>
S: b OK ...
C: c SEARCH KEYWORD nobody-has-this
S: * SEARCH
S: ...
S: c OK ...
C: d SEARCH KEYWORD $forwarded
S: * SEARCH 3
S: d OK ...

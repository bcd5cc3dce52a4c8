# RFC 4731 §3: MIN, MAX, ALL, COUNT; the answer is one ESEARCH response, with UID for UID SEARCH
@imap login
@needs ESEARCH
@append INBOX simple.eml (\Seen)
@append INBOX simple.eml
@append INBOX simple.eml (\Seen)
@append INBOX simple.eml (\Seen)
C: s SELECT INBOX
S: ...
S: s OK ...
C: a SEARCH RETURN (MIN MAX COUNT ALL) SEEN
S: * ESEARCH (TAG "a") ~<MIN 1, MAX 4, COUNT 3, ALL 1,3:4>
S: a OK ...
C: b UID SEARCH RETURN () UNSEEN
S: * ESEARCH (TAG "b") UID ALL 2
S: b OK ...
C: c SEARCH RETURN (MIN COUNT) FLAGGED
S: * ESEARCH (TAG "c") COUNT 0
S: c OK ...
C: d SEARCH RETURN (ALL) FLAGGED
S: * ESEARCH (TAG "d")
S: d OK ...
C: e SEARCH RETURN (COUNT) CHARSET UTF-8 ALL
S: * ESEARCH (TAG "e") COUNT 4
S: e OK ...

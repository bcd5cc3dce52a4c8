# RFC 5267 §3.1: SORT RETURN: the first, the last, and all in their order
@imap login
@needs ESORT
@append INBOX thread-answer.eml "03-Feb-2021 00:00:00 +0000"
@append INBOX thread-question.eml "04-Feb-2021 00:00:00 +0000"
@append INBOX thread-other.eml "01-Feb-2021 00:00:00 +0000"
C: s SELECT INBOX
S: ...
S: s OK ...
C: a SORT RETURN (MIN MAX COUNT ALL) (REVERSE ARRIVAL) UTF-8 ALL
S: * ESEARCH (TAG "a") ~<MIN 2, MAX 3, COUNT 3, ALL 2,1,3>
S: a OK ...
C: b UID SORT RETURN () (ARRIVAL) UTF-8 1:2
S: * ESEARCH (TAG "b") UID ALL 1:2
S: b OK ...

# RFC 5256 §3: each sort key, REVERSE, and several of them
@imap login
@needs SORT
@append INBOX thread-answer.eml "03-Feb-2021 00:00:00 +0000"
@append INBOX thread-question.eml "04-Feb-2021 00:00:00 +0000"
@append INBOX thread-other.eml "01-Feb-2021 00:00:00 +0000"
@append INBOX thread-answer-2.eml "02-Feb-2021 00:00:00 +0000"
C: s SELECT INBOX
S: ...
S: s OK ...
C: a SORT (ARRIVAL) UTF-8 ALL
S: * SORT 3 4 1 2
S: a OK ...
C: b SORT (DATE) UTF-8 ALL
S: * SORT 3 2 1 4
S: b OK ...
C: c SORT (REVERSE DATE) US-ASCII ALL
S: * SORT 4 1 2 3
S: c OK ...
C: d SORT (SUBJECT DATE) UTF-8 ALL
S: * SORT 4 2 1 3
S: d OK ...
C: e SORT (FROM) UTF-8 ALL
S: * SORT 2 4 3 1
S: e OK ...
C: f SORT (TO REVERSE FROM) UTF-8 ALL
S: * SORT 1 3 2 4
S: f OK ...
C: g SORT (CC ARRIVAL) UTF-8 ALL
S: * SORT 3 4 2 1
S: g OK ...
C: h UID SORT (DATE) UTF-8 FROM li
S: * SORT 3
S: h OK ...
C: i SORT (SIZE) UTF-8 2:3
S: * SORT ${|2 3|3 2}
S: i OK ...
C: j SORT (DATE) UTF-8 SUBJECT nothing
S: * SORT
S: j OK ...

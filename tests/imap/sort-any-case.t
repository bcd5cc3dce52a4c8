# RFC 5256 §7, RFC 5051 §2: subjects sort by i;unicode-casemap: upper and lower case are the same, also beyond ASCII
@imap login
@needs SORT
C: a APPEND INBOX {}
S: + ...
C| Subject: banana
C|
C| 1
C:
S: a OK ...
C: b APPEND INBOX {}
S: + ...
C| Subject: =?utf-8?q?=C3=A9clair?= zwei
C|
C| 2
C:
S: b OK ...
C: c APPEND INBOX {}
S: + ...
C| Subject: Apple
C|
C| 3
C:
S: c OK ...
C: d APPEND INBOX {}
S: + ...
C| Subject: =?utf-8?q?=C3=89clair?= eins
C|
C| 4
C:
S: d OK ...
C: e APPEND INBOX {}
S: + ...
C| Subject: CHERRY
C|
C| 5
C:
S: e OK ...
C: s SELECT INBOX
S: ...
S: s OK ...
C: f SORT (SUBJECT) UTF-8 ALL
S: * SORT 3 1 5 4 2
S: f OK ...

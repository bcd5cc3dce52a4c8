# RFC 5256 §3: a message id is the same with its local part quoted or not
@imap login
@needs THREAD=REFERENCES
C: a APPEND INBOX {}
S: + ...
C| Message-ID: <01KF8JCEOCBS0045PS@xxx.yyy.com>
C| Subject: one
C| Date: Mon, 1 Jan 2024 10:00:00 +0000
C|
C| 1
C:
S: a OK ...
C: b APPEND INBOX {}
S: + ...
C| Message-ID: <two@xxx.yyy.com>
C| References: <"01KF8JCEOCBS0045PS"@xxx.yyy.com>
C| Subject: two
C| Date: Mon, 1 Jan 2024 11:00:00 +0000
C|
C| 2
C:
S: b OK ...
C: s SELECT INBOX
S: ...
S: s OK ...
C: c THREAD REFERENCES UTF-8 ALL
S: * THREAD (1 2)
S: c OK ...

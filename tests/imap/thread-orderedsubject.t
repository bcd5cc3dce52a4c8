# RFC 5256 §3: ORDEREDSUBJECT gathers by base subject, then by date
@imap login
@needs THREAD=ORDEREDSUBJECT
@append INBOX thread-answer.eml
@append INBOX thread-question.eml
@append INBOX thread-other.eml
@append INBOX thread-answer-2.eml
C: s SELECT INBOX
S: ...
S: s OK ...
C: a THREAD ORDEREDSUBJECT UTF-8 ALL
S: * THREAD (3)(2 1)(4)
S: a OK ...
C: b UID THREAD ORDEREDSUBJECT US-ASCII FROM amal
S: * THREAD (2)
S: b OK ...

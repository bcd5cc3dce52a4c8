# RFC 5256 §3: REFERENCES follows message ids, whatever the subjects say
@imap login
@needs THREAD=REFERENCES
@append INBOX thread-answer-2.eml
@append INBOX thread-answer.eml
@append INBOX thread-question.eml
@append INBOX thread-other.eml
C: s SELECT INBOX
S: ...
S: s OK ...
C: a THREAD REFERENCES UTF-8 ALL
S: * THREAD (4)(3 2 1)
S: a OK ...
C: b THREAD REFERENCES UTF-8 NOT FROM zoe
S: * THREAD (4)(3 1)
S: b OK ...

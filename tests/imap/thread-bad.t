# RFC 5256 §3: an unknown algorithm is BAD; nothing found is an empty answer
@imap select INBOX
@needs THREAD=REFERENCES
C: a THREAD GUESSING UTF-8 ALL
S: a BAD ...
C: b THREAD REFERENCES UTF-8
S: b BAD ...
C: c THREAD REFERENCES UTF-8 ALL
S: ${|* THREAD|* THREAD }
S: c OK ...

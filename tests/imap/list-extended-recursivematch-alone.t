# RFC 5258 §3.1: RECURSIVEMATCH cannot be the only selection option
@imap login
@needs LIST-EXTENDED
C: a LIST (RECURSIVEMATCH) "" *
S: a BAD ...
C: b NOOP
S: b OK ...

# RFC 3501 §9 fetch: a macro stands alone, never in parentheses
@imap select INBOX
@append INBOX simple.eml
C: a FETCH 1 (ALL)
S: a BAD ...
C: b FETCH 1 (UID FAST)
S: b BAD ...

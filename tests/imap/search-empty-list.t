# RFC 3501 §9 search-key: parentheses hold at least one key
@imap select INBOX
@append INBOX simple.eml
C: a SEARCH ()
S: a BAD ...

# RFC 3501 §9 header-list: at least one field is named
@imap select INBOX
@append INBOX simple.eml
C: a FETCH 1 BODY.PEEK[HEADER.FIELDS ()]
S: a BAD ...
C: b FETCH 1 BODY.PEEK[HEADER.FIELDS]
S: b BAD ...

# RFC 3501 §6.4.4: an unknown charset is refused with BADCHARSET
@imap select INBOX
@append INBOX simple.eml
C: a SEARCH CHARSET X-NO-SUCH-CHARSET SUBJECT x
S: a NO [BADCHARSET...] ...
C: b NOOP
S: b OK ...

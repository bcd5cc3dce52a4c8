# RFC 3501 §9 flag-extension: a system flag that does not exist is refused
@imap select INBOX
@append INBOX simple.eml
C: a STORE 1 +FLAGS (\Weather)
S: a ${|BAD|NO} ...

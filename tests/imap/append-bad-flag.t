# RFC 3501 §9 flag: a system flag that does not exist, and \Recent, cannot be set
@imap login
C: a APPEND INBOX (\Recent) {310}
S: a ${|BAD|NO} ...

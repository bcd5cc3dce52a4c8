# RFC 3501 §6.3.5, RFC 5530 §3: RENAME of what does not exist
@imap login
C: a RENAME nowhere somewhere
S: a NO [NONEXISTENT] ...

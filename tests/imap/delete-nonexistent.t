# RFC 3501 §6.3.4, RFC 5530 §3: DELETE of what does not exist
@imap login
C: a DELETE nowhere
S: a NO [NONEXISTENT] ...

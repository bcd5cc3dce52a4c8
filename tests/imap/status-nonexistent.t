# RFC 3501 §6.3.10, RFC 5530 §3: STATUS of what does not exist
@imap login
C: a STATUS nowhere (MESSAGES)
S: a NO ...

# RFC 3501 §6.3.5: a name cannot move below itself
@imap login
@create one
C: a RENAME one one/two
S: a NO ...
C: b LIST "" one
S: * LIST ~(...) "/" "one"
S: b OK ...

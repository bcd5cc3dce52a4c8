# RFC 3501 §6.3.8: a pattern of many wildcards costs no time
@imap login
@create aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
C: a LIST "" "${*a*30}b"
S: a OK ...

# RFC 3501 §6.2: LOGIN is not valid once authenticated
@imap login
C: a LOGIN ${user} ${password}
S: a ${|BAD|NO} ...

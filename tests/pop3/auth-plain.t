# RFC 5034 §4: AUTH PLAIN by the empty challenge
@pop3
S: +OK ...
C: AUTH PLAIN
S: +${| |}
C: ${plain}
S: +OK...
C: STAT
S: +OK 0 0

# RFC 2971 §3.1: ID with a list of fields, or NIL
@imap login
C: a ID ("name" "transcript" "version" NIL)
S: * ID ${|NIL|(...)}
S: a OK ...
C: b ID NIL
S: * ID ${|NIL|(...)}
S: b OK ...

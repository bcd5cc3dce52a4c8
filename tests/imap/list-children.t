# RFC 3348 §3: \HasChildren and \HasNoChildren are always told
@imap login
@create up/down
C: a LIST "" "up*"
S*: * LIST ~(\HasChildren ...) "/" "up"
S*: * LIST ~(\HasNoChildren ...) "/" "up/down"
S: a OK ...
C: b DELETE up/down
S: b OK ...
C: c LIST "" "up"
S: * LIST ~(\HasNoChildren ...) "/" "up"
S: c OK ...

# RFC 3501 §6.3.4: DELETE of a name with names below takes its messages and leaves the names below
@imap login
@create up
@create up/down
@append up/down simple.eml
C: a DELETE up
S: a OK ...
C: b STATUS up/down (MESSAGES)
S: * STATUS "up/down" (MESSAGES 1)
S: b OK ...
C: c LIST "" "up*"
S*: * LIST ~(\Noselect \HasChildren ...) "/" "up"
S*: * LIST ~(\HasNoChildren ...) "/" "up/down"
S: c OK ...

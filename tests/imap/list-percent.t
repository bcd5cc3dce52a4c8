# RFC 3501 §6.3.8: `%` stays within one level
@imap login
@create a1/b1/c1
@create a2
C: a LIST "" "a%"
S*: * LIST ~(\HasChildren ...) "/" "a1"
S*: * LIST ~(\HasNoChildren ...) "/" "a2"
S: a OK ...
C: b LIST "" "a1/%"
S*: * LIST ~(\HasChildren ...) "/" "a1/b1"
S: b OK ...
C: c LIST "" "%/%"
S*: * LIST ~(\HasChildren ...) "/" "a1/b1"
S: c OK ...

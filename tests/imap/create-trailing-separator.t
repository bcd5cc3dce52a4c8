# RFC 3501 §6.3.3: a separator at the end of the name declares that names below will come; the name is made without it
@imap login
C: a CREATE owatagusiam/
S: a OK ...
C: b CREATE owatagusiam/blurdybloop
S: b OK ...
C: c LIST "" "owatagusiam*"
S*: * LIST ~(\HasChildren ...) "/" "owatagusiam"
S*: * LIST ~(\HasNoChildren ...) "/" "owatagusiam/blurdybloop"
S: c OK ...

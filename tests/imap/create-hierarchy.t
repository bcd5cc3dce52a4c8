# RFC 3501 §6.3.3: CREATE of a name with the separator makes the names above it too
@imap login
C: a CREATE owatagusiam/blurdybloop
S: a OK ...
C: b LIST "" "owatagusiam*"
S*: * LIST ~(\HasChildren ...) "/" "owatagusiam"
S*: * LIST ~(\HasNoChildren ...) "/" "owatagusiam/blurdybloop"
S: b OK ...

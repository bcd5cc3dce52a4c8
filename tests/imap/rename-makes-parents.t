# RFC 3501 §6.3.5: names above the new name are made where they are missing
@imap login
@create blurdybloop
C: a RENAME blurdybloop foo/bar/zap
S: a OK ...
C: b LIST "" "foo*"
S*: * LIST ~(\HasChildren ...) "/" "foo"
S*: * LIST ~(\HasChildren ...) "/" "foo/bar"
S*: * LIST ~(\HasNoChildren ...) "/" "foo/bar/zap"
S: b OK ...

# RFC 3501 §5.1.3: names are listed in modified UTF-7, and a wildcard takes letters, not bytes of base64
@imap login
@create "&BigGMQZKBi8-"
@create "&BigGMQZKBi8-/&U,BTFw-"
C: a LIST "" "&BigGMQZKBi8-/%"
S: * LIST ~(\HasNoChildren ...) "/" "&BigGMQZKBi8-/&U,BTFw-"
S: a OK ...

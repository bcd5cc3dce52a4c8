# RFC 3501 §5.1.3: the example of the RFC, with a Chinese level below an ASCII one and a Japanese one below that
@imap login
C: a CREATE "peter/mail/&U,BTFw-/&ZeVnLIqe-"
S: a OK ...
C: b LIST "" "peter/*"
S*: * LIST ~(\HasChildren ...) "/" "peter/mail"
S*: * LIST ~(\HasChildren ...) "/" "peter/mail/&U,BTFw-"
S*: * LIST ~(\HasNoChildren ...) "/" "peter/mail/&U,BTFw-/&ZeVnLIqe-"
S: b OK ...

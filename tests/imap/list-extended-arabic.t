# RFC 5258 §3: patterns in modified UTF-7, right-to-left names
@imap login
@needs LIST-EXTENDED
@create &BigGMQZKBi8-/&BkgGJwYxBi8-
@create &kK5O9g-
C: a LIST "" ("&BigGMQZKBi8-/%" "&kK5O9g-")
S*: * LIST (...) "/" "&BigGMQZKBi8-/&BkgGJwYxBi8-"
S*: * LIST (...) "/" "&kK5O9g-"
S: a OK ...

# RFC 3501 §6.3.5, §5.1.3: RENAME to an Arabic name
@imap login
@create Post
C: a RENAME Post "&BigGMQZKBi8-/&BkUGRwZF-"
S: a OK ...
C: b LIST "" "*/&BkUGRwZF-"
S: * LIST ~(...) "/" "&BigGMQZKBi8-/&BkUGRwZF-"
S: b OK ...

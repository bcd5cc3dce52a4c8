# RFC 6855 §3: with UTF8=ACCEPT enabled mailbox names are quoted UTF-8 in both directions
@imap login
@needs UTF8=ACCEPT
@create &BigGMQZKBi8-
C: a ENABLE UTF8=ACCEPT
S: * ENABLED UTF8=ACCEPT
S: a OK ...
C: b LIST "" "بريد"
S: * LIST (...) "/" "بريد"
S: b OK ...
C: c CREATE "邮件 & more"
S: c OK ...
C: d STATUS "邮件 & more" (MESSAGES)
S: * STATUS "邮件 & more" (MESSAGES 0)
S: d OK ...
C: e SUBSCRIBE "邮件 & more"
S: e OK ...
C: f LSUB "" "邮*"
S: * LSUB () "/" "邮件 & more"
S: f OK ...

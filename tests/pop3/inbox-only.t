# RFC 1939 §3: the maildrop is INBOX; other mailboxes do not show
@pop3 login
@append Archive simple.eml
C: STAT
S: +OK 0 0

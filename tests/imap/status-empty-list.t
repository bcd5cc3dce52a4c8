# RFC 3501 §9 status-att: at least one item is needed
@imap login
C: a STATUS INBOX ()
S: a BAD ...

# RFC 5258 §3: an option that is given twice counts once
@imap login
@needs LIST-EXTENDED
C: a LIST (SUBSCRIBED SUBSCRIBED) "" INBOX RETURN (CHILDREN CHILDREN)
S!: * LIST (... \Subscribed ... \Subscribed ...) "/" "INBOX"
S: ...
S: a OK ...

# RFC 6154 §2: SPECIAL-USE selects only mailboxes that have a use, and as a return option shows it
@imap login
@needs SPECIAL-USE
@create plain
C: a LIST (SPECIAL-USE) "" "*"
S!: * LIST (...) "/" "INBOX"
S!: * LIST (...) "/" "plain"
S*: * LIST ~(\Drafts ...) "/" "Drafts"
S*: * LIST ~(\Sent ...) "/" "Sent"
S*: ...
S: a OK ...
C: b LIST "" (Sent plain) RETURN (SPECIAL-USE)
S*: * LIST ~(\Sent ...) "/" "Sent"
S*: * LIST ~(?\HasNoChildren) "/" "plain"
S: b OK ...

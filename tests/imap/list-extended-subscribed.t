# RFC 5258 §3.1: SUBSCRIBED selects names, also one that no mailbox has any more, and marks it
@imap login
@needs LIST-EXTENDED
@create Fruit/Apple
@create Gone
C: a SUBSCRIBE Fruit/Apple
S: a OK ...
C: b SUBSCRIBE Gone
S: b OK ...
C: c DELETE Gone
S: c OK ...
C: d LIST (SUBSCRIBED) "" ("Fruit/%" "Gone" "Fruit/*")
S*: * LIST ~(\Subscribed ?\HasNoChildren) "/" "Fruit/Apple"
S*: * LIST ~(\Subscribed \NonExistent ?\HasNoChildren) "/" "Gone"
S: d OK ...

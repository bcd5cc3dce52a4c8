# RFC 5258 §3.2: RETURN (SUBSCRIBED CHILDREN) adds to all names, and selects none
@imap login
@needs LIST-EXTENDED
@create Fruit/Apple
@create Fruit/Pear
C: a SUBSCRIBE Fruit/Pear
S: a OK ...
C: b LIST "" Fruit/* RETURN (SUBSCRIBED CHILDREN)
S*: * LIST ~(\HasNoChildren) "/" "Fruit/Apple"
S*: * LIST ~(\HasNoChildren \Subscribed) "/" "Fruit/Pear"
S: b OK ...

# RFC 5258 §3: LIST as of old has no extended data, and no \Subscribed or \NonExistent
@imap login
@needs LIST-EXTENDED
@create Fruit/Apple
C: a SUBSCRIBE Fruit/Apple
S: a OK ...
C: b LIST "" "Fruit/%"
S: * LIST ~(\HasNoChildren) "/" "Fruit/Apple"
S: b OK ...

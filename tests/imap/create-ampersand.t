# RFC 3501 §5.1.3: `&` is written `&-`
@imap login
C: a CREATE "R&-D"
S: a OK ...
C: b LIST "" "R*"
S: * LIST (${|\HasNoChildren|}) "/" "R&-D"
S: b OK ...

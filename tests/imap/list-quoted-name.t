# RFC 3501 §9 quoted-specials: a name with a quote and a blank is listed so that it can be used again
@imap login
C: a CREATE "two \"words\""
S: a OK ...
C: b LIST "" "two*"
S: * LIST ~(...) "/" "two \"words\""
S: b OK ...

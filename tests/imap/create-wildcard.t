# RFC 3501 §9 list-wildcards: an atom has no wildcards, so that CREATE of one is a syntax error
@imap login
@not dovecot: it takes wildcards in an astring for ordinary letters
C: a CREATE a*b
S: a ${|NO|BAD} ...
C: b CREATE a%b
S: b ${|NO|BAD} ...

# RFC 6154 §3: CREATE with a use; LIST shows it
@imap login
@only barid: a stock Dovecot does not offer CREATE-SPECIAL-USE
C: a CREATE Everything (USE (\All))
S: a OK ...
C: b LIST (SPECIAL-USE) "" Everything
S: * LIST ~(\All ...) "/" Everything
S: b OK ...

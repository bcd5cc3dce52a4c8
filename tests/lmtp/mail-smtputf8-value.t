# RFC 6531 §3.4: SMTPUTF8 takes no value
@lmtp login
@not dovecot: it has no SMTPUTF8
C: MAIL FROM:<sender@example.org> SMTPUTF8=yes
S: 501 5.5.4 ...
C: MAIL FROM:<sender@example.org> SMTPUTF8=
S: 501 5.5.4 ...

# RFC 1870 §6.1: SIZE beyond the limit is 552 at MAIL
@lmtp login
@only barid: a stock Dovecot has no limit
C: MAIL FROM:<sender@example.org> SIZE=900000000000
S: 552 5.3.4 ...
C: NOOP
S: 250 ...

# RFC 1870 §5: SIZE within the limit
@lmtp login
@not dovecot: it knows no SIZE
C: MAIL FROM:<sender@example.org> SIZE=1000 BODY=7BIT
S: 250 ...

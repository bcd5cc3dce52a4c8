# RFC 6531 §3.5: nobody of a name in UTF-8 is 550 5.1.1, as of any other
@lmtp login
@not dovecot: it has no SMTPUTF8
C: MAIL FROM:<sender@example.org> SMTPUTF8
S: 250 ...
C: RCPT TO:<لا.أحد@${domain}>
S: 550 5.1.1 ...

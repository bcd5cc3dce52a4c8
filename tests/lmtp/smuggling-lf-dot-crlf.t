# RFC 5321 §4.1.1.4: LF . CRLF is not the end of the message: nothing behind it is taken for commands
@lmtp login
@not dovecot: it takes it for the end of the message
C: MAIL FROM:<sender@example.org>
S: 250 ...
C: RCPT TO:<${address}>
S: 250 ...
C: DATA
S: 354 ...
C: Subject: one
C:
C: text\x0a.
C: RSET
C: NOOP
C: .
S: 250 2.0.0 ...
C: NOOP
S: 250 ...
@silent 0.2

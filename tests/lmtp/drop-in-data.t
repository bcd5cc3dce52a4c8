# RFC 5321 §4.1.1.4: a connection lost before the dot delivers nothing
@lmtp login
@C2 imap login
C: MAIL FROM:<sender@example.org>
S: 250 ...
C: RCPT TO:<${address}>
S: 250 ...
C: DATA
S: 354 ...
C: Subject: half
C:
C: half a message
@drop
C: NOOP
S: 250 ...
C2: a STATUS INBOX (MESSAGES)
S2: * STATUS "INBOX" (MESSAGES 0)
S2: a OK ...

# RFC 5321 §4.1.4: RCPT before MAIL is out of sequence
@lmtp login
C: RCPT TO:<${address}>
S: 503 5.5.${|1|0} ...

# RFC 6531 §3.7.4: replies stay ASCII: the one after the content does not repeat an address that is not
@lmtp login
@not dovecot: it has no SMTPUTF8
C: MAIL FROM:<sender@example.org> SMTPUTF8
S: 250 ...
C: RCPT TO:<${local}+طلب@${domain}>
S: 250 ...
C: RCPT TO:<${address}>
S: 250 ...
C: DATA
S: 354 ...
C.< simple.eml
S: 250 2.0.0 delivered
S: 250 2.0.0 <${address}> delivered

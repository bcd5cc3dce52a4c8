# RFC 3030 §2, RFC 1870 §6.2: chunks beyond the limit are 552, and the session lives on
@lmtp login
@only barid: a stock Dovecot has no limit for one message
@modes whole slow
@with message_size_max = 100k
C: MAIL FROM:<sender@example.org>
S: 250 ...
C: RCPT TO:<${address}>
S: 250 ...
C: BDAT 150000 LAST
C< size:150000
S: 552 5.3.4 ...
C: NOOP
S: 250 ...

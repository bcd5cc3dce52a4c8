# RFC 6858 §2.1, RFC 6531 §3.7.3: who has not said UTF8 is given surrogates also of the fields that the delivery added
@lmtp login
@not dovecot: it has no SMTPUTF8
@C2 pop3 login
@with utf8_downgrade = yes
C: MAIL FROM:<مرسل@مثال.إختبار> SMTPUTF8
S: 250 ...
C: RCPT TO:<${local}+طلب@${domain}>
S: 250 ...
C: DATA
S: 354 ...
C: Subject: x
C:
C: text
C: .
S: 250 ...
C2: QUIT
S2: +OK...
@drop 2
C2: TOP 1 0
S2: +OK...
S2: Return-Path: <invalid@internationalized-address.invalid>
S2: Subject: x
S2:
S2: .

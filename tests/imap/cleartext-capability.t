# RFC 3501 §6.2.3, RFC 2595 §3.2: where no password is taken in the clear, LOGINDISABLED says so
@imap
@with cleartext_login = never
S: * OK ...
C: a CAPABILITY
S!: * CAPABILITY ~<AUTH=PLAIN ...>
S: * CAPABILITY ~<IMAP4rev1 STARTTLS LOGINDISABLED ...>
S: a OK ...

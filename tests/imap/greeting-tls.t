# RFC 8314 §3.2: with implicit TLS the greeting comes after the handshake, and STARTTLS is not offered any more
@imaps
S: * OK ...
C: a CAPABILITY
S!: * CAPABILITY ~<STARTTLS ...>
S: * CAPABILITY ~<IMAP4rev1 AUTH=PLAIN ...>
S: a OK ...

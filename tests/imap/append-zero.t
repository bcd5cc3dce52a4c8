# RFC 3502 §3: a message of no octets is refused with NO, and nothing is stored
@imap login
C: a APPEND INBOX {0+}
C:
S: a NO ...
C: b STATUS INBOX (MESSAGES)
S: * STATUS "INBOX" (MESSAGES 0)
S: b OK ...

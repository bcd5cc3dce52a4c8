# RFC 3501 §6.3.11: something behind the message is a syntax error (MULTIAPPEND apart), and nothing is stored
@imap login
C: a APPEND INBOX {}
S: + ...
C< simple.eml
C: rubbish
S: a BAD ...
C: b STATUS INBOX (MESSAGES)
S: * STATUS "INBOX" (MESSAGES 0)
S: b OK ...

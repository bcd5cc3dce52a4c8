# RFC 7888 §4: two of them and a command behind, in one packet
@imap login
@needs LITERAL+
C: a APPEND INBOX {+}
C< simple.eml
C:
C: b APPEND INBOX {+}
C< nested.eml
C:
C: c STATUS INBOX (MESSAGES)
S: a OK [APPENDUID ${v:number} 1] ...
S: b OK [APPENDUID ${v} 2] ...
S: * STATUS "INBOX" (MESSAGES 2)
S: c OK ...

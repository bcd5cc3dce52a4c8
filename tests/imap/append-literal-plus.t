# RFC 7888 §4: APPEND with a non-synchronizing literal gets no continuation
@imap login
@needs LITERAL+
C: a APPEND INBOX {+}
C< simple.eml
C:
S: a OK [APPENDUID ${v:number} 1] ...

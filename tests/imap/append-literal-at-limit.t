# RFC 3501 §6.3.11: a message of exactly the limit is taken, one byte more is not
@imap login
@modes whole slow
@only barid: a stock Dovecot has no limit for one message
@with message_size_max = 100k
C: a APPEND INBOX {}
S: + ...
C< size:102400
C:
S: a OK [APPENDUID ${v:number} 1] ...
C: b APPEND INBOX {102401}
S: b NO [TOOBIG] ...

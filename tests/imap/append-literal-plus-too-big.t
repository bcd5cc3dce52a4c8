# RFC 7888 §4, RFC 4469 §5: a non-synchronizing literal beyond the limit is taken in, refused with TOOBIG, and not executed
@imap login
@modes whole slow
@only barid: a stock Dovecot has no limit for one message
@with message_size_max = 100k
C: a APPEND INBOX {+}
C< size:150000
C:
C: b NOOP
S: a NO [TOOBIG] ...
S: b OK ...
